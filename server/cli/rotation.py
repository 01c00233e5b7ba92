"""`consilium account rekey`, `group rekey` and `instance rekey`: new keys, by the word of the old ones."""

from __future__ import annotations

from typing import Annotated

import typer

from server.cli.lookup import group_named
from server.cli.opened import opened
from server.services import accounts, rotation

BY = "command"
Name = Annotated[str, typer.Argument(help="Local name, without the @.")]


def member(name: Name) -> None:
    """Give an account new keys. Its groups hear of it by renewed requests; nothing is asked of the person."""
    with opened() as database:
        failed = database.run_write(lambda unit: rotation.member(unit, BY, accounts.get_local(unit, name)))
    print(f"@{name} signs with new keys")
    for group in failed:
        print(f"@{group.acct} could not be told: the member has to look at its page")


def group(name: Name) -> None:
    """Give a group new keys. Its document, which the old key signs as well, says so to the institutions of its members."""
    with opened() as database:
        database.run_write(lambda unit: rotation.group(unit, BY, group_named(unit, name)))
    print(f"@{name} signs with new keys")


def instance(yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Give this instance new keys. Until a partner has loaded the new card, nothing of members-only groups crosses to it."""
    if not yes:
        typer.confirm(
            "Every partner has to load the new card before anything of members-only groups crosses again. Go on?",
            abort=True,
            err=True,
        )
    with opened() as database:
        key = database.run_write(rotation.instance, BY)
    print(f"The instance signs with {key}.")
    print(
        "Now send partners the card that `consilium instance card` prints: the old key has signed it as well, "
        "and their administrators load it with `consilium instance pair`."
    )
