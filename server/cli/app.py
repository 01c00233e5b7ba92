"""`consilium app`: the apps that members use, and those that nobody may use here."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from server.cli import said
from server.cli.opened import opened
from server.core.clock import iso
from server.domain.users import AppInUse
from server.services import apps

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="The apps that members use, and those that nobody may use here.",
)
BY = "command"

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Number = Annotated[int, typer.Argument(metavar="NUMBER", help="As `consilium app list` shows it.")]


@app.callback()
def root() -> None:
    """The apps that members use, and those that nobody may use here."""


@app.command("list")
def list_(
    search: Annotated[str, typer.Option(help="Part of the name.")] = "",
    limit: Annotated[int, typer.Option(help="How many, by name.", min=1, max=10_000)] = 1000,
    as_json: AsJson = False,
) -> None:
    """List what members let in, and what is blocked, by name. An app is all registrations of one name and website."""
    with opened() as database:
        found = [_row(one) for one in database.run_read(apps.in_use, search.strip(), None, limit)]
    if as_json:
        said.print_json(found)
        return
    for one in found:
        print(f"{one['number']}  {one['name']}  {one['website'] or '-'}")
        last = f", last used {one['last_used']}" if one["last_used"] else ""
        state = f", blocked since {one['blocked_since']}" if one["blocked_since"] else ""
        print(f"    members {one['members']}, tokens {one['tokens']}{last}{state}")


@app.command()
def block(number: Number, as_json: AsJson = False) -> None:
    """Block an app: its tokens are refused at once, its streams end, and nobody signs in with it."""
    with opened() as database:
        found = database.run_write(lambda unit: apps.block(unit, BY, number))
    _say("blocked", found, as_json=as_json)


@app.command()
def unblock(number: Number, as_json: AsJson = False) -> None:
    """End the block: the tokens that have not run out meanwhile work again."""
    with opened() as database:
        found = database.run_write(lambda unit: apps.unblock(unit, BY, number))
    _say("unblocked", found, as_json=as_json)


def _say(done: str, found: AppInUse, *, as_json: bool) -> None:
    if as_json:
        row = _row(found)
        said.print_json(
            {"done": done, **{name: row[name] for name in ("number", "name", "members", "tokens")}}
        )
        return
    print(f"{done} {found.name}: members {found.members}, tokens {found.tokens}")


def _row(one: AppInUse) -> dict[str, Any]:
    return {
        "number": str(one.id),
        "name": one.name,
        "website": one.website,
        "registrations": one.registrations,
        "members": one.members,
        "tokens": one.tokens,
        "last_used": one.last_used_at.date().isoformat() if one.last_used_at else None,
        "blocked_since": iso(one.blocked_at) if one.blocked_at else None,
    }
