"""`consilium instance try`: the test round with a partner, one step at each call, and what was seen of it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from federation.types import Origin
from server.cli import said
from server.cli.opened import opened
from server.core.errors import Invalid
from server.domain.trials import Trial
from server.services import accounts, instances, trials
from server.store.session import Unit

app = typer.Typer(rich_markup_mode=None, add_completion=False)
BY = "command"


@app.command("try")
def try_(
    domain: Annotated[
        str, typer.Argument(metavar="DOMAIN", help="Host name, with a port where it is not 443.")
    ],
    founder: Annotated[
        str, typer.Option(help="Who here takes part: a verified member. Begins a round.")
    ] = "",
    give_up: Annotated[bool, typer.Option("--give-up", help="End the round that is under way.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Try a partner with an invented case in a group of its own. Each call does what is our turn; their turn is said."""
    name = instances.canonical(domain)
    with opened() as database:
        database.run_write(_step, name, founder, give_up=give_up)
        told = database.run_read(_told, name)
    if as_json:
        said.print_json(told)
        return
    for one in told["lines"]:
        print(f"{'seen' if one['passed'] else '    '}  {one['check']:<10} {one['says']}")
    if not told["ended"]:
        whose = "yours" if told["theirs"] else name
        print(
            f"Let one person of {whose} who is verified follow {told['group']} and answer the invented case."
        )
        if told["theirs"]:
            print(f"{name} began this round and goes on with it; look again here with the same command.")


def _step(unit: Unit, domain: Origin, founder: str, *, give_up: bool) -> Trial:
    found = trials.find(unit, domain)
    if give_up:
        return trials.give_up(unit, BY, domain)
    if founder:
        title = trials.TITLE % {"domain": domain}
        return trials.begin(unit, BY, domain, accounts.get_local(unit, founder), title)
    if found is None:
        raise Invalid("Name with `--founder` who here takes part: a verified member")
    over_or_theirs = found.ended_at is not None or found.theirs
    return found if over_or_theirs else trials.go_on(unit, BY, domain, trials.CASE)


def _told(unit: Unit, domain: Origin) -> dict[str, Any]:
    found = trials.find(unit, domain)
    assert found is not None
    return {
        "domain": domain,
        "theirs": found.theirs,
        "group": trials.group_name(unit, found),
        "ended": found.ended_at is not None,
        "passed": found.passed,
        "lines": [
            {"check": one.check, "passed": one.passed, "turn": one.actor.value, "says": one.says}
            for one in trials.lines(unit, found)
        ],
    }
