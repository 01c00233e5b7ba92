"""`consilium instance card`, `pair` and `unpair`: how two administrators make their instances partners."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from federation.types import JsonObject, Origin
from server.activitypub.egress.card import signed_card
from server.activitypub.ingress import card as cards
from server.cli import rotation
from server.cli.opened import opened
from server.core.errors import Invalid
from server.domain.trust import Card, Papers, Partner, ProbeLine, Trust
from server.services import instances, pairing, partners
from server.store.session import Database, Unit

app = typer.Typer(rich_markup_mode=None, add_completion=False)
BY = "command"
PATIENCE_SECONDS = 150
LOOK_SECONDS = 0.2

Domain = Annotated[str, typer.Argument(metavar="DOMAIN", help="Host name, with a port where it is not 443.")]


@app.command()
def card(
    controller: Annotated[
        str | None, typer.Option(help="Who answers for the data: the institution's full name.")
    ] = None,
    jurisdiction: Annotated[
        str | None, typer.Option(help="The country whose law applies, in two letters.")
    ] = None,
    officer: Annotated[
        str | None, typer.Option("--officer", help="The data protection officer: a name and an address.")
    ] = None,
    contact: Annotated[
        str | None, typer.Option(help="Who answers within 24 hours: a telephone number or an address.")
    ] = None,
    classes: Annotated[
        str | None, typer.Option(help="Content classes that are taken, such as notice,discussion,case.")
    ] = None,
) -> None:
    """Print this instance's signed card, for another administrator to load. What the options state is kept."""

    def made(unit: Unit) -> JsonObject:
        known = partners.stated(unit)
        given = Papers(
            controller=known.controller if controller is None else controller.strip(),
            jurisdiction=known.jurisdiction if jurisdiction is None else jurisdiction.strip().upper(),
            officer=known.officer if officer is None else officer.strip(),
            contact=known.contact if contact is None else contact.strip(),
            classes=known.classes if classes is None else tuple(classes.replace(",", " ").split()),
        )
        if given != known:
            partners.state(unit, BY, given)
        return signed_card(unit)

    with opened() as database:
        print(json.dumps(database.run_write(made), indent=2, ensure_ascii=False))


@app.command()
def pair(
    file: Annotated[Path, typer.Argument(help="The other instance's card.", dir_okay=False)],
    agreement: Annotated[
        str, typer.Option(help="The agreement between the two, such as a contract's number.")
    ],
    until: Annotated[str, typer.Option(help="The last day of the agreement, such as 2027-12-31.")],
    fingerprint: Annotated[
        str, typer.Option(help="As the other administrator reads it to you on the telephone.")
    ] = "",
    yes: Annotated[
        bool, typer.Option("--yes", help="Do not ask; connect the instance if it is not connected.")
    ] = False,
) -> None:
    """Load another instance's card, compare its fingerprint and pin its key.

    A card of an instance that is paired already must be signed by the pinned key too.
    """
    ends = pairing.end_of_day(until)
    raw = _bytes(file)
    with opened() as database:
        given = cards.judge(raw, database.context.clock.now())
        known = database.run_read(partners.check, given, fingerprint or None)
        _describe(given, known)
        level = database.run_read(instances.trusts).get(given.domain, Trust.UNKNOWN)
        if not fingerprint:
            fingerprint = typer.prompt("Fingerprint, as the other administrator reads it to you", err=True)
        if level is not Trust.ALLOWED:
            _may_connect(given, level, yes=yes)
        database.run_write(
            lambda unit: pairing.pair(
                unit, BY, given, fingerprint=fingerprint, agreement=agreement, until=ends
            )
        )
    print(
        f"{given.domain}: key pinned. It is a partner once `consilium instance test {given.domain}` passes."
    )


app.command("rekey")(rotation.instance)


@app.command()
def unpair(
    domain: Domain,
    reason: Annotated[str, typer.Option(help="For the audit log.")] = "",
) -> None:
    """End a partnership: the instance stays connected, members-only content no longer crosses."""
    name = instances.canonical(domain)
    with opened() as database:
        database.run_write(partners.unpair, BY, name, reason)
    print(f"{name}: no partner any more")


@app.command("test")
def test_(
    domain: Domain,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,  # noqa: PT028  a command
) -> None:
    """Probe a paired instance now, and say line by line what passed. The server must run. Exits 1 where a line failed."""
    name = instances.canonical(domain)
    with opened() as database:
        asked = database.run_write(partners.ask_probe, BY, name)
        partner = _probed(database, name, asked)
        now = database.context.clock.now()
    if as_json:
        print(json.dumps([asdict(one) for one in partner.probe], indent=2, ensure_ascii=False))
    else:
        for one in partner.probe:
            print(line(one))
        print(f"{name}: {'partner' if partner.partner(now) else 'no partner'}")
    if not all(one.passed for one in partner.probe):
        raise typer.Exit(1)


def _probed(database: Database, name: Origin, asked: datetime) -> Partner:
    """The partner once the server has probed it. The server does it: the answers come to its address."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        partner = database.run_read(partners.get, name)
        if partner.next_probe_at is None or partner.next_probe_at > asked:
            return partner
        if time.monotonic() >= until:
            raise Invalid(
                "No result within %(seconds)s seconds: see that `consilium serve` runs, and `consilium worker` where "
                "Redis is used",
                seconds=PATIENCE_SECONDS,
            )
        time.sleep(LOOK_SECONDS)


def line(one: ProbeLine) -> str:
    """A line of the probe."""
    return f"{'passed' if one.passed else 'FAILED'}  {one.check}" + (f": {one.words}" if one.words else "")


def _describe(given: Card, known: Partner | None) -> None:
    """Everything but the fingerprint: that is to be heard from the other administrator, not read here."""
    print(f"Card of {given.domain}, issued {given.issued:%Y-%m-%d}")
    for label, value in (
        ("controller", given.papers.controller),
        ("jurisdiction", given.papers.jurisdiction),
        ("officer", given.papers.officer),
        ("contact", given.papers.contact),
        ("takes", ", ".join(given.papers.classes)),
    ):
        print(f"  {label:<12} {value}")
    if known is not None and known.confirmed_at is not None:
        print(
            "  key          " + ("as pinned" if known.key == given.key else "new, signed by the pinned one")
        )


def _may_connect(given: Card, level: Trust, *, yes: bool) -> None:
    pairing.check_level(given.domain, level)
    if not yes:
        typer.confirm(f"{given.domain} is {instances.WORDS[level]}. Connect it?", abort=True, err=True)


def _bytes(file: Path) -> bytes:
    try:
        with file.open("rb") as opened_file:
            return opened_file.read(cards.LARGEST + 1)
    except OSError as error:
        raise Invalid("%(file)s cannot be read: %(why)s", file=str(file), why=error.strerror or "") from None
