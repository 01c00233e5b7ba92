"""`consilium federation`: lists of institutions that a society publishes, as suggestions of whom to connect."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from federation.keys import PublicKey
from server.activitypub.egress import federation_list as signing
from server.activitypub.ingress import federation_list as lists
from server.cli import said
from server.cli.opened import opened
from server.core.clock import iso
from server.core.errors import Invalid
from server.domain.federation_lists import CHANGES, Effect, Followed, Received, Suggestion
from server.services import federation_lists

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="Lists of institutions that a society publishes, as suggestions of whom to connect.",
)
BY = "command"
File = Annotated[Path, typer.Argument(help="A version of a list, as JSON.", dir_okay=False)]
Url = Annotated[str, typer.Argument(metavar="URL", help="The list's own address, its `id`.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def follow(
    file: File,
    signer: Annotated[
        list[str],
        typer.Option("--signer", help="The fingerprint of a signer, as heard elsewhere; each of them."),
    ],
) -> None:
    """Follow a list from now on. The fingerprints of all its signers must be given; nobody is connected by that."""
    raw = _bytes(file)
    with opened() as database:
        given = lists.judge(raw, database.context.clock.now())
        found = database.run_write(federation_lists.follow, BY, given, signer)
    print(f"{found.url}: version {found.version} of {found.name}, {len(found.entries)} institutions")


@app.command()
def update(file: File) -> None:
    """Read a further version of a list that is followed. Exits 1 where it is not believed."""
    raw = _bytes(file)
    with opened() as database:
        now = database.context.clock.now()
        known = database.run_read(federation_lists.get, lists.judge(raw, now).url)
        given = lists.judge(raw, now, known.signers)
        outcome = database.run_write(federation_lists.receive, BY, given)
    if outcome in federation_lists.REFUSED:
        raise Invalid(federation_lists.REFUSED[outcome])
    print(f"{given.url}: version {given.version}" + (", as known" if outcome is Received.SAME else ""))


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """The lists that are followed."""
    with opened() as database:
        found = database.run_read(
            lambda unit: [
                (one, federation_lists.compared(unit, one)) for one in federation_lists.all_followed(unit)
            ]
        )
    if as_json:
        said.print_json([_row(*one) for one in found])
        return
    for one, _ in found:
        state = "FORKED" if one.forked_at else f"until {one.expires:%Y-%m-%d}"
        print(f"{one.url}  version {one.version}  {state}  {one.name}")


@app.command()
def show(url: Url, as_json: AsJson = False) -> None:
    """What a list suggests, beside what is so here. Changes nothing."""
    with opened() as database:
        shown = database.run_read(federation_lists.compare, url)
    if as_json:
        said.print_json([_suggestion(one) for one in shown])
        return
    _print(shown)


@app.command()
def apply(
    url: Url,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what a list suggests, ask, and connect or pause accordingly. It makes nobody a partner."""
    with opened() as database:
        shown = database.run_read(federation_lists.compare, url)
        counts = Counter(one.effect for one in shown)
        if not as_json:
            _print(shown)
        todo = counts[Effect.CONNECT] + counts[Effect.PAUSE]
        if todo and not yes:
            typer.confirm(
                f"Connect {counts[Effect.CONNECT]} and pause {counts[Effect.PAUSE]} instances?",
                abort=True,
                err=as_json,
            )
        changed = database.run_write(federation_lists.apply, BY, url, shown) if todo else 0
    if as_json:
        said.print_json({"changed": changed, "suggestions": [_suggestion(one) for one in shown]})
    else:
        print(f"Changed {changed} instances.")


@app.command()
def decline(url: Url, as_json: AsJson = False) -> None:
    """Leave alone what a list suggests now; it is not suggested again until the list says something else."""
    with opened() as database:
        shown = database.run_read(federation_lists.compare, url)
        count = database.run_write(federation_lists.decline, BY, url, shown)
    _count("declined", count, as_json=as_json)


@app.command()
def reconsider(url: Url, as_json: AsJson = False) -> None:
    """Let a list suggest once more what was declined."""
    with opened() as database:
        count = database.run_write(federation_lists.ask_again, BY, url)
    _count("suggested again", count, as_json=as_json)


@app.command()
def unfollow(url: Url) -> None:
    """Follow a list no longer. Whom it connected stays connected."""
    with opened() as database:
        database.run_write(federation_lists.unfollow, BY, url)
    print(f"{url}: not followed any more")


@app.command()
def key() -> None:
    """Print this instance's key and its fingerprint, for a list of whose signers it is one."""
    with opened() as database:
        found = database.run_read(signing.own_key)
    print(found)
    print(PublicKey.from_multibase(found).fingerprint())


@app.command()
def sign(file: File) -> None:
    """Print a version of a list with this instance's signature added to those that it has."""
    raw = _bytes(file)
    with opened() as database:
        lists.judge(raw, database.context.clock.now())
        made = database.run_read(signing.signed, msgspec.json.decode(raw))
    said.print_json(made)


def _count(done: str, count: int, *, as_json: bool) -> None:
    if as_json:
        said.print_json({"done": done, "instances": count})
    else:
        print(f"{done}: {count} instances")


def _row(one: Followed, shown: list[Suggestion]) -> dict[str, Any]:
    return {
        "url": one.url,
        "name": one.name,
        "version": one.version,
        "digest": one.digest,
        "expires": iso(one.expires),
        "forked_at": iso(one.forked_at) if one.forked_at else None,
        "threshold": one.threshold,
        "signers": [PublicKey.from_multibase(each).fingerprint() for each in one.signers],
        "signed_by": [PublicKey.from_multibase(each).fingerprint() for each in one.signed_by],
        "fetched_at": iso(one.fetched_at) if one.fetched_at else None,
        "came": one.came.value if one.came else None,
        "waiting": sum(each.effect in CHANGES for each in shown),
        "declined": len(one.declined),
        "entries": len(one.entries),
        "applied": list(one.applied),
    }


def _suggestion(one: Suggestion) -> dict[str, Any]:
    return {"domain": one.domain, "controller": one.controller, "effect": one.effect.value}


def _print(shown: list[Suggestion]) -> None:
    for one in shown:
        print(f"{one.effect.value:<10} {one.domain:<40} {one.controller}".rstrip())


def _bytes(file: Path) -> bytes:
    try:
        with file.open("rb") as opened_file:
            return opened_file.read(lists.LARGEST + 1)
    except OSError as error:
        raise Invalid("%(file)s cannot be read: %(why)s", file=str(file), why=error.strerror or "") from None
