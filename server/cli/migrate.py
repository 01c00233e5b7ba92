"""`consilium migrate`: brings the database's schema up to date, or says whether it is."""

from __future__ import annotations

from typing import Annotated

import typer

from server.cli.opened import opened, opened_as_is
from server.store import schema

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def migrate(
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit 1 when there is something to do.")
    ] = False,
) -> None:
    """Bring the database's schema up to date. Make a backup before."""
    with opened_as_is() as database:
        waiting = schema.pending(database) if database is not None else []
        empty = database is None
    if empty:
        print("There is no database yet.")
        if check:
            raise typer.Exit(1)
    for revision in waiting:
        print(f"pending  {revision}")
    if check:
        if waiting:
            raise typer.Exit(1)
        print("The schema is up to date.")
        return
    with opened():
        pass
    for revision in waiting:
        print(f"applied  {revision}")
    print("The schema is up to date.")
