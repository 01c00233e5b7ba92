"""`consilium golive`: what must be true before evaluation mode is left; with `--yes`, and once all of it is, it is left."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from server.cli import acting, doctor, said
from server.cli.opened import opened_as_is
from server.core.clock import iso
from server.core.errors import Invalid
from server.core.settings import Settings, load_settings
from server.domain.remarks import Level, Remark
from server.services import evaluation
from server.store import schema
from server.store.session import Database, Unit

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def golive(
    drill: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The day of the last restore drill, to be kept."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Leave evaluation mode. There is no way back.")] = False,
    by: acting.By = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what is missing before evaluation mode can be left; `--yes` leaves it. Exits 1 when something is missing."""
    settings = load_settings()
    examined = doctor.examine(settings)
    with opened_as_is(settings) as database:
        if database is None:
            raise Invalid("There is no instance in %(name)s yet", name=str(settings.data_dir))
        if schema.pending(database):
            raise Invalid("The database needs an upgrade: make a backup, then run `consilium migrate`")
        if drill is not None:
            day = drill.date()
            database.run_write(lambda unit: evaluation.drilled(unit, acting.actor(unit, by), day))
        found = database.run_read(evaluation.conditions, examined)
        missing = any(one.level is Level.FAIL for one in found)
        if yes and not missing:
            _leave(database, by, examined)
        since = database.run_read(evaluation.left)
    _say(settings, found, since, as_json=as_json)
    if missing and since is None:
        raise typer.Exit(1)


def _leave(database: Database, by: str, examined: list[Remark]) -> None:
    def left(unit: Unit) -> None:
        evaluation.leave(unit, acting.actor(unit, by), examined)

    database.run_write(left)


def _say(settings: Settings, found: list[Remark], since: datetime | None, *, as_json: bool) -> None:
    words = said.translator(settings)
    if as_json:
        said.print_json(
            {
                "mode": "evaluation" if since is None else "live",
                "since": None if since is None else iso(since),
                "conditions": [
                    {**line, "met": line["level"] != Level.FAIL.value} for line in said.as_json(found, words)
                ],
            }
        )
        return
    said.lines(found, words, colours=False)
    if since is not None:
        print(f"Live since {iso(since)}: pages no longer say that this instance is for evaluation only.")
    elif any(one.level is Level.FAIL for one in found):
        print("In evaluation mode: not everything is met.")
    else:
        print(
            "In evaluation mode: everything is met. `consilium golive --yes` leaves it; there is no way back."
        )
