"""`consilium account leave`: now or at the end of a day, with whoever moderates their groups afterwards."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from server.cli.opened import opened
from server.core.errors import Invalid
from server.services import accounts, leaving
from server.store.session import Unit

BY = "command"


def leave(
    name: Annotated[str, typer.Argument(help="Local name, without the @.")],
    last_day: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Such as 2026-12-31; the account is closed at its end."),
    ] = None,
    hand_over: Annotated[
        list[str] | None,
        typer.Option(help="GROUP=NAME: who moderates a group from now on; may be repeated."),
    ] = None,
    call_off: Annotated[bool, typer.Option("--call-off", help="The person stays.")] = False,
) -> None:
    """A person leaves: out of all groups, nobody signs in with the account any more; what they wrote stays."""
    if call_off and (last_day or hand_over):
        raise typer.BadParameter("Give --call-off alone")
    with opened() as database:
        if call_off:
            database.run_write(lambda unit: leaving.call_off(unit, BY, accounts.get_local(unit, name)))
            print(f"@{name} stays")
            return
        database.run_write(_leave, name, last_day, hand_over or [])
    if last_day is None:
        print(f"@{name} has left: the account is closed, its posts stay")
    else:
        print(f"@{name} leaves at the end of {last_day.date()}")


def _leave(unit: Unit, name: str, last_day: datetime | None, hand_over: list[str]) -> None:
    account, heirs = accounts.get_local(unit, name), dict(_heir(unit, one) for one in hand_over)
    if last_day is None:
        leaving.leave(unit, BY, account, heirs)
    else:
        leaving.plan(unit, BY, account, last_day.date(), heirs)


def _heir(unit: Unit, text: str) -> tuple[int, int]:
    group, equals, member = text.partition("=")
    if not equals:
        raise Invalid("Write --hand-over GROUP=NAME")
    return accounts.get_local(unit, group).id, accounts.get_local(unit, member).id
