"""`consilium status`: how the instance is doing, in five lines."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from server.cli import said
from server.cli.opened import opened
from server.core.clock import iso
from server.domain.parked import Parked
from server.domain.remarks import Level, worst
from server.services import parked, status
from server.services.storage import Space

BY = "command"
app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command("status")
def status_(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    list_parked: Annotated[
        bool, typer.Option("--parked", help="List what was given up, instead of the five lines.")
    ] = False,
    retry: Annotated[
        bool,
        typer.Option("--retry", help="Take up again the effects of what happened here that were given up."),
    ] = False,
) -> None:
    """Say in five lines how the instance is doing. Exits 1 when one of them is red."""
    with opened() as database:
        settings = database.context.settings
        words = said.translator(settings)
        if retry:
            events = database.run_write(parked.plan_again, BY)
            print(f"{events} effects are tried again")
            return
        if list_parked:
            _print_parked(database.run_read(parked.listed, 1000), as_json=as_json)
            return
        space = Space.of(settings.data_dir, settings.sqlite_file if database.is_sqlite else None)
        remarks = database.run_read(status.report, space)
    if as_json:
        said.print_json(said.as_json(remarks, words))
    else:
        said.lines(remarks, words, colours=True)
    if worst(remarks) is Level.FAIL:
        raise typer.Exit(1)


def _print_parked(found: list[Parked], *, as_json: bool) -> None:
    if as_json:
        said.print_json([_row(one) for one in found])
        return
    if not found:
        print("Nothing was given up.")
    for one in found:
        print(
            f"{one.kind.value:<9} {one.state:<7} {one.instance:<32} {iso(one.since)}  {one.attempts} attempts  "
            f"{one.subject}  {one.reason}".rstrip()
        )


def _row(one: Parked) -> dict[str, Any]:
    return {**asdict(one), "id": str(one.id), "since": iso(one.since)}
