"""`consilium group opening`: groups that the staff opened in an emergency.

A command prints nothing of what is said there: that is read on the page, where each post is recorded.
"""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from server.cli import said
from server.cli.opened import opened
from server.core.clock import iso
from server.core.errors import Invalid
from server.domain.openings import MOST_HOURS, Opening
from server.domain.users import Role, User
from server.services import accounts, attempts, openings, second_factors, signin
from server.services.openings import Line
from server.store.session import Unit

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Groups that the staff opened in an emergency: open, list, end.",
)
BY = "command"

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("open")
def open_(
    name: Annotated[str, typer.Argument(metavar="GROUP", help="A group that lives here.")],
    by: Annotated[str, typer.Option(help="The administrator or moderator who will read, by local name.")],
    reason: Annotated[
        str, typer.Option(help="A sentence for its moderators and the auditors; never about a patient.")
    ],
    hours: Annotated[int, typer.Option(help="For how long.", min=1, max=MOST_HOURS)] = 1,
    as_json: AsJson = False,
) -> None:
    """Open a group for somebody who is not in it. The code of their authenticator, or a recovery code, is read from the input."""
    with opened() as database:
        code = sys.stdin.readline().strip()
        user = database.run_read(_user, by)
        database.run_write(signin.count_second, user.id)
        found = database.run_write(_open, user, code, name, reason, hours)
        base = database.context.settings.base
    if as_json:
        said.print_json(_row(Line(found, None, None)))
        return
    print(f"@{by} can read until {iso(found.until)}: {base}/admin/openings/{found.id}")


@app.command("list")
def list_(
    limit: Annotated[int, typer.Option(help="How many, newest first.", min=1, max=10_000)] = 50,
    as_json: AsJson = False,
) -> None:
    """List what was opened, newest first: which group, by whom, why and until when."""
    with opened() as database:
        found = database.run_read(openings.listed, Role.AUDITOR, 0, limit)
        now = database.context.clock.now()
    if as_json:
        said.print_json([_row(one) | {"open": one.opening.live(now)} for one in found])
        return
    for one in found:
        row = _row(one)
        state = "open until" if one.opening.live(now) else "ended"
        print(f"{row['number']}  {row['group']}  by {row['opener']}  {row['opened']}  {state} {row['end']}")
        print(f"    {row['reason']}")


@app.command()
def end(number: Annotated[int, typer.Argument(metavar="NUMBER", help="As `list` shows it.")]) -> None:
    """End an opening before its time."""
    with opened() as database:
        database.run_write(openings.end, BY, number)
    print(f"ended {number}")


def _user(unit: Unit, name: str) -> User:
    user = accounts.owner(unit, accounts.get_local(unit, name))
    if user is None:
        raise Invalid("Nobody signs in as @%(name)s", name=name)
    return user


def _open(unit: Unit, user: User, code: str, name: str, reason: str, hours: int) -> Opening:
    if not second_factors.check_code(unit, user.id, code):
        raise Invalid(second_factors.WRONG)
    attempts.clear(unit, "second", str(user.id))
    return openings.open_group(unit, user.id, name, reason, hours)


def _row(one: Line) -> dict[str, Any]:
    opening = one.opening
    return {
        "number": str(opening.id),
        "group": f"@{one.group.username}" if one.group else opening.group_uri,
        "opener": f"@{one.opener.username}" if one.opener else str(opening.account_id),
        "reason": opening.reason,
        "opened": iso(opening.opened_at),
        "end": iso(opening.ended_at or opening.until),
        "ended_by": opening.ended_by,
    }
