"""`consilium purge`: who may have what, what was asked back, who answered, and what a lawful order keeps.

A receipt is a signed promise of another institution. It proves that they said so and when; not that no copy is left.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from federation.iri import find_iri
from federation.types import Iri
from server.cli import said
from server.cli.opened import opened
from server.core.clock import iso
from server.core.errors import Invalid, NotFound
from server.domain.ledger import LedgerEntry, Purge, PurgeState
from server.services import lawful_holds, ledger, purges

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="What was asked back from other instances, and their receipts.",
)
BY = "command"

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Address = Annotated[str, typer.Argument(metavar="URI", help="The address of a post.")]


@app.callback()
def root() -> None:
    """What was asked back from other instances, and their receipts."""


@app.command("list")
def list_(
    state: Annotated[
        PurgeState | None, typer.Option(help="Only these; without it whatever is not answered.")
    ] = None,
    limit: Annotated[int, typer.Option(help="How many, oldest first.", min=1, max=10_000)] = 200,
    as_json: AsJson = False,
) -> None:
    """List what was asked back, oldest first."""
    with opened() as database:
        _print(database.run_read(purges.listed, state, limit), as_json=as_json)


@app.command()
def overdue(as_json: AsJson = False) -> None:
    """List what nobody answered for a day: overdue (reachable, and silent) and unreachable."""
    with opened() as database:
        _print(database.run_read(purges.late), as_json=as_json)


@app.command()
def show(uri: Address, as_json: AsJson = False) -> None:
    """Show who may have an object, since when, by which rule; and what was asked back and answered."""
    with opened() as database:
        entries = database.run_read(ledger.of_object, _address(uri))
        asked = database.run_read(purges.of_object, _address(uri))
    if not entries and not asked:
        raise NotFound("Nothing of %(object)s has left this instance", object=uri[:200])
    if as_json:
        said.print_json(
            {
                "object": uri,
                "ledger": [_entry(one) for one in entries],
                "purges": [_row(one) for one in asked],
            }
        )
        return
    for entry in entries:
        print(f"{entry.host:<32} may have it since {iso(entry.since)} by {entry.via.value} [{entry.rule}]")
    _print(asked, as_json=False)


@app.command()
def ask(uri: Address) -> None:
    """Ask back an object from whoever may have it: an administrator's withdrawal."""
    with opened() as database:
        asked = database.run_write(purges.withdraw, BY, _address(uri))
    print(f"asked {len(asked)}" if asked else "Whoever may have it was asked before and has not answered yet")


@app.command()
def hold(
    uri: Address, reason: Annotated[str, typer.Option(help="Such as the reference of the order.")]
) -> None:
    """Keep an object that others ask to remove: it is hidden instead, and the receipt says so."""
    with opened() as database:
        database.run_write(lawful_holds.hold, BY, _address(uri), reason)
    print(f"{uri} is kept")


@app.command("unhold")
def unhold(uri: Address) -> None:
    """End a lawful hold."""
    with opened() as database:
        database.run_write(lawful_holds.end, BY, _address(uri))
    print(f"{uri} is not kept any more")


@app.command()
def holds(as_json: AsJson = False) -> None:
    """List what a lawful order keeps."""
    with opened() as database:
        found = database.run_read(lawful_holds.listed)
    if as_json:
        said.print_json(
            [
                {"object": one.object_uri, "reason": one.reason, "by": one.by, "since": iso(one.since)}
                for one in found
            ]
        )
        return
    for one in found:
        print(f"{iso(one.since)}  {one.object_uri}  {one.reason}")


def _address(text: str) -> Iri:
    found = find_iri(text)
    if found is None:
        raise Invalid("%(text)s is not an address", text=text[:200])
    return found


def _entry(one: LedgerEntry) -> dict[str, Any]:
    return {
        "host": one.host,
        "since": iso(one.since),
        "via": one.via.value,
        "rule": one.rule,
        "digest": one.digest,
    }


def _row(one: Purge) -> dict[str, Any]:
    return {
        "request": one.request,
        "object": one.object_uri,
        "host": one.host,
        "reason": one.reason.value,
        "state": one.state.value,
        "asked_by": one.asked_by,
        "asked_at": iso(one.asked_at),
        "status": one.status.value,
        "received_at": iso(one.received_at) if one.received_at else None,
        "backups_expire": iso(one.backups_expire) if one.backups_expire else None,
        "receipt": one.receipt.decode() if one.receipt else None,
    }


def _print(found: list[Purge], *, as_json: bool) -> None:
    if as_json:
        said.print_json([_row(one) for one in found])
        return
    for one in found:
        answer = f"{one.status.value}, {iso(one.received_at)}" if one.received_at else ""
        print(f"{iso(one.asked_at)}  {one.state.value:<11} {one.host:<32} {one.reason.value:<11} {answer}")
        print(f"    {one.object_uri}")
