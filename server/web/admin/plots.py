"""Plots as the server draws them: bars of one peer by day and class, in numbers that a template turns into SVG.

A plot never stands alone: the page shows its numbers as a table too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from server.core.i18n import N_
from server.domain.figures import Crossed

WIDTH, HEIGHT = 300, 80
WORDS = ("notice", "discussion", "case", "restricted", "unknown")
"""From the ground up, in the order in which their bars are stacked."""
CLASSES = {
    "notice": N_("notices"),
    "discussion": N_("discussions"),
    "case": N_("cases"),
    "restricted": N_("restricted"),
    "unknown": N_("of an unknown class"),
}


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle in the plot's own units."""

    word: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Row:
    """The sums of one class."""

    word: str
    allowed: int
    held: int
    denied: int


@dataclass(frozen=True, slots=True)
class Plot:
    """peer: whose boundary. most: what the highest bar stands for. rows: by class."""

    peer: str
    most: int
    bars: tuple[Bar, ...]
    rows: tuple[Row, ...]

    @property
    def total(self) -> int:
        return sum(row.allowed + row.held + row.denied for row in self.rows)


def by_peer(found: Iterable[Crossed], today: date, days: int) -> list[Plot]:
    """The busiest first."""
    peers: dict[str, list[Crossed]] = {}
    for one in found:
        peers.setdefault(one.peer, []).append(one)
    plots = [_plot(peer, counted, today, days) for peer, counted in peers.items()]
    return sorted(plots, key=lambda plot: (-plot.total, plot.peer))


def _plot(peer: str, counted: Sequence[Crossed], today: date, days: int) -> Plot:
    first = today - timedelta(days=days - 1)
    by_day: dict[int, dict[str, int]] = {}
    for one in counted:
        by_day.setdefault((date.fromisoformat(one.day) - first).days, {})[one.word] = one.allowed
    most = max((sum(words.values()) for words in by_day.values()), default=0)
    return Plot(peer, most, tuple(_bars(by_day, most, days)), tuple(_rows(counted)))


def _bars(by_day: dict[int, dict[str, int]], most: int, days: int) -> Iterable[Bar]:
    step = WIDTH / days
    for day, words in by_day.items():
        ground = float(HEIGHT)
        for word in WORDS:
            height = HEIGHT * words.get(word, 0) / most if most else 0.0
            if height:
                ground -= height
                yield Bar(
                    word, round(day * step, 2), round(ground, 2), round(step * 0.8, 2), round(height, 2)
                )


def _rows(counted: Sequence[Crossed]) -> Iterable[Row]:
    for word in WORDS:
        same = [one for one in counted if one.word == word]
        if same:
            yield Row(
                word,
                sum(one.allowed for one in same),
                sum(one.held for one in same),
                sum(one.denied for one in same),
            )
