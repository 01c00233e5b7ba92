"""`consilium retention`: what is past its time, shown before it goes, and taken away at once instead of within the hour."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Annotated, Any

import typer

from server.cli import said
from server.cli.opened import opened
from server.core.clock import SystemClock, iso
from server.domain.retention import Due, RetentionKind
from server.jobs.retention import RetentionSweep
from server.jobs.unit import Units
from server.media.vault import Vault
from server.services import retention

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="What is past its time, before it goes.",
)
BY = "command"

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.callback()
def root() -> None:
    """What is past its time, before it goes."""


@app.command()
def preview(as_json: AsJson = False) -> None:
    """Count what is past its time, by kind, with the oldest. Nothing is changed."""
    with opened() as database:
        found = database.run_read(retention.preview)
    if as_json:
        said.print_json([_due(one) for one in found])
        return
    for one in found:
        name = f"{one.kind.value} {one.group}".strip()
        time = "kept for ever" if one.days is None else f"after {one.days} days"
        oldest = f", oldest {iso(one.oldest)}" if one.oldest else ""
        kept = f", {one.kept} more kept" if one.kept else ""
        print(f"{name:<32} {time:<16} {one.count}{oldest}{kept}")


@app.command()
def run(as_json: AsJson = False) -> None:
    """Take away what is past its time, now. The server does so each hour by itself; it may run beside this."""
    gone: Counter[RetentionKind] = Counter()
    with opened() as database:
        vault = Vault(database.context.settings.data_dir / "media")
        sweep = RetentionSweep(Units(database), vault, SystemClock())
        while more := +asyncio.run(sweep.sweep(BY)):
            gone += more
    counts = {kind.value: gone[kind] for kind in RetentionKind}
    if as_json:
        said.print_json(counts)
        return
    print(", ".join(f"{name} {number}" for name, number in counts.items()))


def _due(one: Due) -> dict[str, Any]:
    return {
        "kind": one.kind.value,
        "group": one.group,
        "days": one.days,
        "count": one.count,
        "oldest": iso(one.oldest) if one.oldest else None,
        "kept": one.kept,
    }
