"""`consilium account move` and `alias`: from here to another account, and from another account to here."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from federation.types import Iri
from server.cli.lookup import look_up
from server.cli.opened import opened
from server.services import accounts, moving
from server.store.session import Unit

BY = "command"
Name = Annotated[str, typer.Argument(help="Local name, without the @.")]


def move(
    name: Name,
    to: Annotated[
        str | None, typer.Option(help="The new account: @name@host. It lists the old one as an alias.")
    ] = None,
    undo: Annotated[
        bool, typer.Option("--undo", help="Take a move back. Followers that have left do not return.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Move a person's followers to their new account, here or on a connected instance. Posts stay."""
    if (to is None) is not undo:
        raise typer.BadParameter("Give either --to or --undo")
    with opened() as database:
        if to is None:
            database.run_write(lambda unit: moving.stay(unit, BY, accounts.get_local(unit, name)))
            print(f"@{name} may be followed again")
            return
        database.run_read(accounts.get_local, name)
        target = look_up(database, to, fresh=True)
        if not yes:
            typer.confirm(f"Move the followers of @{name} to @{target.acct}?", abort=True)
        followed = database.run_write(_move, name, target.id)
    print(f"@{name} has moved to @{target.acct}: {followed} followed from here, others are told")


def _move(unit: Unit, name: str, target_id: int) -> int:
    return moving.move(unit, BY, accounts.get_local(unit, name), accounts.get(unit, target_id))


def alias(
    name: Name,
    other: Annotated[
        str | None, typer.Argument(metavar="[@NAME@HOST]", help="The old account; without it list them.")
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take the alias away.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List, add or remove the accounts that a person had before and may move from."""
    with opened() as database:
        account = database.run_read(accounts.get_local, name)
        if other is None:
            if remove:
                raise typer.BadParameter("Say which alias")
            uris = list(account.also_known_as)
            print(
                json.dumps(uris, indent=2) if as_json else "\n".join(uris),
                end="\n" if uris or as_json else "",
            )
            return
        if remove:
            uri = Iri(other) if "://" in other else look_up(database, other, fresh=True).uri
            database.run_write(
                lambda unit: moving.remove_alias(unit, BY, accounts.get_local(unit, name), uri)
            )
        else:
            uri = database.run_write(_add_alias, name, look_up(database, other, fresh=True).id)
    print(f"@{name} is {'no longer' if remove else 'also'} known as {uri}")


def _add_alias(unit: Unit, name: str, other_id: int) -> Iri:
    other = accounts.get(unit, other_id)
    moving.add_alias(unit, BY, accounts.get_local(unit, name), other)
    return other.uri
