"""`consilium instance pause`, `resume` and `end`: for one institution, for several, or for the whole house.

`pause` and `end` say in numbers what they would bring and do nothing; with `--yes` they do it.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from federation.types import Origin
from server.cli import said
from server.cli.opened import opened
from server.core.errors import Invalid
from server.core.i18n import Translator
from server.domain.consequences import Consequences, Step
from server.domain.trust import Trust
from server.services import consequences, instances, partners, standstill
from server.store.session import Database, Unit

app = typer.Typer(rich_markup_mode=None, add_completion=False)
BY = "command"

Domains = Annotated[
    list[str], typer.Argument(metavar="DOMAIN…", help="Host names, with a port where it is not 443.")
]
SomeDomains = Annotated[
    list[str] | None, typer.Argument(metavar="DOMAIN…", help="Host names, with a port where it is not 443.")
]
Reason = Annotated[str, typer.Option(help="For the audit log and the list.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it, instead of saying what it would bring.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
EVERYBODY = "--all"


@app.command()
def pause(
    domains: SomeDomains = None,
    everybody: Annotated[
        bool, typer.Option(EVERYBODY, help="Every connected instance: the whole house.")
    ] = False,
    reason: Reason = "",
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Pause: nothing in or out, what waits stays, nothing is asked back. Says what that means; `--yes` does it."""
    _one_of(domains, everybody=everybody)
    with opened() as database:
        names = database.run_read(standstill.connected) if everybody else _named(database, domains)

        def paused(unit: Unit) -> None:
            if everybody:
                standstill.begin(unit, BY, reason)
                return
            for name in names:
                instances.set_trust(unit, BY, name, Trust.SUSPENDED, reason)

        found = database.run_read(consequences.of, Step.PAUSE, names)
        if yes:
            database.run_write(paused)
        _say(database, Step.PAUSE, names, found, done=yes, as_json=as_json)


@app.command()
def resume(
    domains: SomeDomains = None,
    everybody: Annotated[bool, typer.Option(EVERYBODY, help="Those that `pause --all` paused.")] = False,
    reason: Reason = "",
    as_json: AsJson = False,
) -> None:
    """End a pause: back to the level before it. What waited goes on."""
    _one_of(domains, everybody=everybody)
    with opened() as database:
        if everybody:
            names = database.run_write(standstill.end, BY, reason)
        else:
            names = _canonical(domains)
            database.run_write(lambda unit: [instances.resume(unit, BY, name, reason) for name in names])
        rows = database.run_read(_states, names)
    if as_json:
        said.print_json(rows)
        return
    for row in rows:
        print(f"{row['domain']}: {row['state']}")


@app.command()
def end(domains: Domains, reason: Reason = "", yes: Yes = False, as_json: AsJson = False) -> None:
    """End the relation: pairing, memberships and follows end, what was given is asked back. Says what that means; `--yes` does it."""
    with opened() as database:
        names = _named(database, domains)
        found = database.run_read(consequences.of, Step.END, names)
        if yes:
            database.run_write(lambda unit: [partners.end(unit, BY, name, reason) for name in names])
        _say(database, Step.END, names, found, done=yes, as_json=as_json)


def _one_of(domains: list[str] | None, *, everybody: bool) -> None:
    if bool(domains) is everybody:
        raise Invalid("Name at least one instance, or give --all")


def _canonical(domains: list[str] | None) -> list[Origin]:
    return list(dict.fromkeys(instances.canonical(domain) for domain in domains or []))


def _named(database: Database, domains: list[str] | None) -> list[Origin]:
    """Raises NotFound for an instance that is not known: a typing error must not look like a pause."""
    names = _canonical(domains)
    for name in names:
        database.run_read(instances.get, name)
    return names


def _states(unit: Unit, names: list[Origin]) -> list[dict[str, Any]]:
    rows = [instances.get(unit, name) for name in names]
    return [
        {"domain": row.domain, "trust": row.trust.value, "state": instances.WORDS[row.trust]} for row in rows
    ]


def _say(
    database: Database,
    step: Step,
    names: list[Origin],
    found: Consequences,
    *,
    done: bool,
    as_json: bool,
) -> None:
    words = said.translator(database.context.settings)
    rows = database.run_read(_states, names)
    parts = {
        "now": _sentences(found.now, found, words),
        "later": _sentences(found.later, found, words),
        "cannot_be_undone": _sentences(found.never, found, words),
    }
    if as_json:
        said.print_json(
            {"step": step.value, "done": done, "counts": asdict(found.counts), **parts, "instances": rows}
        )
        return
    print(f"{step.value} {', '.join(names) or 'nobody'}")
    for title, sentences in parts.items():
        for sentence in sentences:
            print(f"  {title.replace('_', ' '):<17} {sentence}")
    if not done:
        print("Nothing was changed. Give --yes to do it.")
        return
    for row in rows:
        print(f"{row['domain']}: {row['state']}")


def _sentences(messages: tuple[str, ...], found: Consequences, words: Translator) -> list[str]:
    return [words.gettext(message, **asdict(found.counts)) for message in messages]
