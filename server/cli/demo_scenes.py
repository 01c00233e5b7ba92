"""What the board's page shows after a step: what each house answered, in sentences that are translated where they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from server.services.policies.words import Said


class Mark(StrEnum):
    """What a line is about, as its colour and its sign say it."""

    PLAIN = "plain"
    CROSSED = "crossed"
    REFUSED = "refused"
    WAITS = "waits"
    PROVEN = "proven"


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence of one house. why: the rules that decided. facts: ids, addresses and answers as the house gave them.

    running: a clock that goes on since then. document: something signed, as it came.
    """

    message: str
    values: Mapping[str, str | datetime] = field(default_factory=dict)
    mark: Mark = Mark.PLAIN
    why: tuple[Said, ...] = ()
    facts: tuple[str, ...] = ()
    running: datetime | None = None
    document: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A post as the house's doctor has it on the phone."""

    author: str
    text: str


@dataclass(frozen=True, slots=True)
class Column:
    """One house: what its doctor's phone shows now, and what happened there."""

    name: str
    title: str
    doctor: str
    phone: tuple[Shown, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Scene:
    """title, told: message ids; told in this order."""

    title: str
    told: tuple[str, ...]
    columns: tuple[Column, ...]
