"""`consilium instance`: the trust table. Several domains at once are changed together, or none of them."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from federation.types import Origin
from server.cli import pairing, parting, trial
from server.cli.opened import opened
from server.core.clock import iso
from server.core.errors import Invalid, NotFound
from server.domain.trust import Instance, Knock, Partner, ProbeLine, Trust
from server.services import audit, boundary, instances, parked, partners, trust_files
from server.services.trust_files import Difference, Effect
from server.store.session import Database, Unit

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="Which instances this one speaks with.",
)
app.add_typer(pairing.app)
app.add_typer(trial.app)
app.add_typer(parting.app)
BY = "command"

Domains = Annotated[
    list[str], typer.Argument(metavar="DOMAIN…", help="Host names, with a port where it is not 443.")
]
Reason = Annotated[str, typer.Option(help="For the audit log and the list.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
File = Annotated[Path, typer.Argument(help="A CSV file in Mastodon's format.", dir_okay=False)]


@app.command("list")
def list_(
    as_json: AsJson = False,
    knocks: Annotated[
        bool, typer.Option("--knocks", help="Who tried to reach this instance and is not connected.")
    ] = False,
) -> None:
    """List the instances that are known, or those that knocked."""
    with opened() as database:
        found = database.run_read(_knocks if knocks else _known)
    if as_json:
        print(json.dumps(found, indent=2, ensure_ascii=False))
        return
    for one in found:
        if knocks:
            print(f"{one['domain']:<40} {one['day']}  {one['count']:>6} times  last {one['last_at']}")
        else:
            print(
                f"{one['domain']:<40} {one['trust']:<10} {one['state']:<16} {one['tier']}  {one['reason']}".rstrip()
            )


def _known(unit: Unit) -> list[dict[str, Any]]:
    known = instances.all_known(unit)
    papers = partners.find_many(unit, [one.domain for one in known])
    return [_row(one, papers.get(one.domain), unit.now) for one in known]


def _knocks(unit: Unit) -> list[dict[str, Any]]:
    return [_knock(one) for one in instances.knocks(unit, 1000)]


def _row(one: Instance, papers: Partner | None, now: datetime) -> dict[str, Any]:
    values = asdict(one)
    del values["id"]
    moments = ("created_at", "changed_at", "last_seen_at", "failing_since", "next_probe_at")
    values |= {name: iso(values[name]) if values[name] else None for name in moments}
    state, tier = partners.word(one, papers, now), boundary.tier(one, papers, now).name
    return {**values, "state": state, "tier": tier, "partner": _papers(papers, now) if papers else None}


def _papers(one: Partner, now: datetime) -> dict[str, Any]:
    """What the pairing rests on. The fingerprint is shown so that it can be compared again."""
    until = one.agreement_until
    return {
        "fingerprint": partners.fingerprint(one),
        "controller": one.controller,
        "jurisdiction": one.jurisdiction,
        "versions": list(one.versions),
        "classes": list(one.classes),
        "agreement": one.agreement,
        "in_agreement": one.in_agreement(now),
        "candidate": one.candidate(now),
        **{
            name: iso(moment) if moment else None
            for name, moment in (
                ("agreement_until", until),
                ("pinned_at", one.pinned_at),
                ("confirmed_at", one.confirmed_at),
                ("probed_at", one.probed_at),
                ("probe_failing_since", one.probe_failing_since),
                ("next_probe_at", one.next_probe_at),
                ("mismatch_at", one.mismatch_at),
            )
        },
        "probe": [asdict(line) for line in one.probe],
    }


def _knock(one: Knock) -> dict[str, Any]:
    return {**asdict(one), "first_at": iso(one.first_at), "last_at": iso(one.last_at)}


# -- changes ---------------------------------------------------------------------------------------------


@app.command()
def allow(domains: Domains, reason: Reason = "") -> None:
    """Connect: ordinary posts cross in both directions."""
    _set(domains, Trust.ALLOWED, reason)


@app.command()
def limit(domains: Domains, reason: Reason = "") -> None:
    """Connect, but hold every item for review."""
    _set(domains, Trust.LIMITED, reason)


@app.command()
def suspend(domains: Domains, reason: Reason = "") -> None:
    """Pause at once: as `pause --yes`, without a word."""
    _set(domains, Trust.SUSPENDED, reason)


@app.command()
def block(domains: Domains, reason: Reason = "") -> None:
    """End at once: as `end --yes`, without a word, but for the pairing."""
    _set(domains, Trust.BLOCKED, reason)


def _set(domains: list[str], trust: Trust, reason: str) -> None:
    names = _canonical(domains)
    with opened() as database:
        rows = database.run_write(
            lambda unit: [instances.set_trust(unit, BY, name, trust, reason) for name in names]
        )
    _say(rows)


def _canonical(domains: list[str]) -> list[Origin]:
    return list(dict.fromkeys(instances.canonical(domain) for domain in domains))


def _say(rows: list[Instance]) -> None:
    for row in rows:
        print(f"{row.domain}: {instances.WORDS[row.trust]}")


@app.command()
def retry(
    domain: Annotated[
        str, typer.Argument(metavar="DOMAIN", help="Host name, with a port where it is not 443.")
    ],
) -> None:
    """Send again what was given up, and take up again what was parked of what came from there."""
    name = instances.canonical(domain)
    with opened() as database:
        deliveries, items = database.run_write(lambda unit: instances.send_again(unit, BY, name))
    print(f"{name}: {deliveries} deliveries are sent again, {items} received activities are tried again")


# -- one instance ----------------------------------------------------------------------------------------


@app.command()
def show(domains: Domains, as_json: AsJson = False) -> None:
    """What is known of an instance: trust, knocks, what waits, what was changed."""
    names = _canonical(domains)
    with opened() as database:
        found = database.run_read(lambda unit: [_shown(unit, name) for name in names])
    if as_json:
        print(json.dumps(found, indent=2, ensure_ascii=False))
        return
    for one in found:
        print(f"{one['domain']}: {one['state']} ({one['tier']})")
        for label, value in _lines(one):
            print(f"  {label:<10} {value}")


def _lines(one: dict[str, Any]) -> list[tuple[str, str]]:
    lines = [
        ("reason", one.get("reason")),
        ("comment", one.get("public_comment")),
        ("software", one.get("software")),
        ("last seen", one.get("last_seen_at")),
        ("failing", one.get("failing_since")),
    ]
    lines += _pairing_lines(one.get("partner"))
    lines += [("work", f"{kind}: {number}") for kind, number in one["work"].items()]
    lines += [("knocked", f"{knock['day']}: {knock['count']} times") for knock in one["knocks"]]
    lines += [
        ("changed", f"{entry['at']} {entry['action']} by {entry['actor']}: {_words(entry['detail'])}")
        for entry in one["changes"]
    ]
    return [(label, str(value)) for label, value in lines if value]


def _pairing_lines(papers: dict[str, Any] | None) -> list[tuple[str, str]]:
    if papers is None:
        return []
    lines = [
        ("controller", f"{papers['controller']} ({papers['jurisdiction']})"),
        ("key", papers["fingerprint"]),
        (
            "agreement",
            f"{papers['agreement']}, ends {papers['agreement_until']}" if papers["agreement"] else "",
        ),
        ("mismatch", f"another key was seen at {papers['mismatch_at']}" if papers["mismatch_at"] else ""),
        ("probed", papers["probed_at"] or ""),
    ]
    return lines + [("probe", pairing.line(ProbeLine(**one))) for one in papers["probe"]]


def _words(detail: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in detail.items() if value not in {"", None})


def _shown(unit: Unit, name: Origin) -> dict[str, Any]:
    row = instances.find(unit, name)
    knocked = [_knock(one) for one in instances.knocks_of(unit, name)]
    if row is None and not knocked:
        raise NotFound("%(domain)s is not in the list of instances", domain=name)
    known = (
        _row(row, partners.find(unit, name), unit.now)
        if row
        else {
            "domain": name,
            "trust": Trust.UNKNOWN.value,
            "state": instances.WORDS[Trust.UNKNOWN],
            "tier": boundary.tier(None, None, unit.now).name,
        }
    )
    changes = [{**entry, "at": iso(entry["at"])} for entry in audit.of_target(unit, name, 10)]
    return {**known, "work": parked.counts_of(unit, name), "knocks": knocked, "changes": changes}


# -- files -----------------------------------------------------------------------------------------------


@app.command("import")
def import_(
    file: File,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    conflicts: Annotated[
        bool,
        typer.Option("--conflicts", help="Follow the file also where it contradicts what was decided here."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Read a list of blocks or of allowed domains: show the difference, ask, apply all of it at once."""
    try:
        entries = trust_files.read(_text(file))
    except OSError as error:
        raise Invalid("%(file)s cannot be read: %(why)s", file=str(file), why=error.strerror or "") from None
    with opened() as database:
        shown = database.run_read(trust_files.compare, entries)
        if as_json:
            print(json.dumps([_difference(one) for one in shown], indent=2, ensure_ascii=False))
        else:
            _print_difference(shown)
        todo = [one for one in shown if one.effect in {Effect.ADD, Effect.CHANGE}]
        if conflicts:
            todo += [one for one in shown if one.effect is Effect.CONFLICT]
        if not todo:
            _note("Nothing to change.", quiet=as_json)
            return
        if not yes:
            typer.confirm(f"Change {len(todo)} of {len(entries)} instances?", abort=True, err=as_json)
        applied = _apply(database, entries, shown, conflicts=conflicts)
    _note(f"Changed {applied} instances.", quiet=as_json)


def _apply(
    database: Database, entries: list[trust_files.Entry], shown: list[Difference], *, conflicts: bool
) -> int:
    return database.run_write(lambda unit: trust_files.apply(unit, BY, entries, shown, conflicts=conflicts))


def _text(file: Path) -> str:
    if file.stat().st_size > trust_files.LARGEST:
        raise Invalid("The file is larger than %(most)s megabytes", most=trust_files.LARGEST // 2**20)
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid("%(file)s is not text in UTF-8", file=str(file)) from None


def _note(line: str, *, quiet: bool) -> None:
    if not quiet:
        print(line)


def _difference(one: Difference) -> dict[str, Any]:
    return {
        "domain": one.domain,
        "effect": one.effect.value,
        "before": one.before.value,
        "after": one.after.value,
        "details": asdict(one.details) if one.details else None,
        "note": one.note,
    }


def _print_difference(shown: list[Difference]) -> None:
    for effect in Effect:
        found = [one for one in shown if one.effect is effect]
        if not found:
            continue
        print(f"{effect.value} ({len(found)})")
        if effect is Effect.SAME and not any(one.note for one in found):
            continue
        for one in found:
            turn = instances.WORDS[one.before]
            if one.after is not one.before:
                turn += f" → {instances.WORDS[one.after]}"
            flags = [
                word
                for word, given in (
                    ("no media", one.details and one.details.reject_media),
                    ("no reports", one.details and one.details.reject_reports),
                    ("comment", one.details and one.details.public_comment),
                )
                if given
            ]
            rest = "; ".join(part for part in (", ".join(flags), one.note) if part)
            if effect is not Effect.SAME or one.note:
                print(f"  {one.domain:<40} {turn}" + (f"  ({rest})" if rest else ""))
    if any(one.effect is Effect.CONFLICT for one in shown):
        print("Conflicts stay as they are unless you give --conflicts.")


@app.command("export")
def export(
    file: File,
    allows: Annotated[
        bool,
        typer.Option(
            "--allows", help="Write the connected instances as domain allows, instead of domain blocks."
        ),
    ] = False,
) -> None:
    """Write a list of blocks, or with --allows of connected instances, that Mastodon reads as well.

    To move a whole trust table, import the allows first, then the blocks.
    """
    with opened() as database:
        entries = database.run_read(trust_files.allows if allows else trust_files.blocks)
    header = trust_files.ALLOWS_HEADER if allows else trust_files.BLOCKS_HEADER
    try:
        file.write_text(trust_files.write(entries, header), encoding="utf-8")
    except OSError as error:
        raise Invalid(
            "%(file)s cannot be written: %(why)s", file=str(file), why=error.strerror or ""
        ) from None
    print(f"Wrote {len(entries)} instances to {file}")
