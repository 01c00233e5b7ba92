"""`consilium policy`: the rules of the boundary, why something crosses or not, and what was decided."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from server.cli import policy_changes, said
from server.cli.opened import opened
from server.core.clock import iso
from server.domain.policies import OwnRules
from server.policy.decide import describe
from server.services import audit, explanations, instances, policies
from server.services.explanations import Explained
from server.store.session import Unit

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="The boundary policy and its decisions.",
)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
def list_(
    own: Annotated[bool, typer.Option("--own", help="Only the house's own rules.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the rules in force: their ids, what they do, and their text."""
    with opened() as database:
        rules = database.run_read(policies.current)
    found = [rule for rule in describe(rules) if not (own and rule["id"].startswith("base."))]
    if as_json:
        print(json.dumps({"version": rules.version, "rules": found}, indent=2, ensure_ascii=False))
        return
    print(f"version {rules.version}")
    for rule in found:
        print(f"\n{rule['id']}  ({rule['effect']}, {rule['set']})")
        print("\n".join(f"  {line}" for line in rule["text"].splitlines()))


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="A file of Cedar rules.", dir_okay=False)],
) -> None:
    """Whether a file of rules could be taken into force beside the shipped ones. Changes nothing."""
    rules = policies.compile_own(policy_changes.read_rules(file, OwnRules()))
    print(
        f"{file} is sound: {len(rules.rules)} rules together with the shipped ones, version {rules.version}"
    )


@app.command()
def explain(
    post: Annotated[str, typer.Argument(help="A post of ours: its number, or its address.")],
    peer: Annotated[
        list[str] | None, typer.Option(help="Only towards this instance; may be given several times.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Why a post crosses, waits or stays: each action towards each connected instance, with the rules in words."""

    def read(unit: Unit) -> list[Explained]:
        asked = [instances.canonical(name) for name in peer or ()]
        return explanations.post(unit, explanations.of_ours(unit, post), asked or explanations.peers(unit))

    with opened() as database:
        found = database.run_read(read)
        words = said.translator(database.context.settings)
    because = [[explanations.sentence(each, words) for each in one.because] for one in found]
    rows = [
        {
            "peer": one.peer,
            "action": one.action.value,
            "effect": one.decision.effect.value,
            "addressed": one.addressed,
            "rules": list(one.decision.rules),
        }
        for one in found
    ]
    if as_json:
        said.print_json([{**row, "because": sentences} for row, sentences in zip(rows, because, strict=True)])
        return
    for row, sentences in zip(rows, because, strict=True):
        meant = "" if row["addressed"] else "  (not meant for anybody there)"
        print(f"{row['effect']:<5} {row['action']:<8} {row['peer']}{meant}")
        for sentence in sentences:
            print(f"        {sentence}")


@app.command()
def annex(
    domain: Annotated[str, typer.Argument(metavar="DOMAIN", help="The other institution's instance.")],
    as_json: AsJson = False,
) -> None:
    """The rules that may decide about one institution, in words: the annex of the agreement with it. Print it on the day of signing."""
    name = instances.canonical(domain)
    with opened() as database:
        words = said.translator(database.context.settings)
        rules = [explanations.sentence(one, words) for one in database.run_read(explanations.of_peer, name)]
        version = database.run_read(policies.current).version
        own, now = database.context.settings.origin, iso(database.context.clock.now())
    if as_json:
        said.print_json({"of": own, "about": name, "at": now, "version": version, "rules": rules})
        return
    print(f"# {own}, {name}\n\n{now}, {version}\n")
    for number, rule in enumerate(rules, start=1):
        print(f"{number}. {rule}")


for _name, _command in (
    ("templates", policy_changes.templates),
    ("link", policy_changes.link),
    ("unlink", policy_changes.unlink),
    ("save", policy_changes.save),
    ("approve", policy_changes.approve),
    ("refuse", policy_changes.refuse),
    ("history", policy_changes.history),
    ("export", policy_changes.export),
    ("replay", policy_changes.replay),
):
    app.command(_name)(_command)


@app.command()
def decisions(
    peer: Annotated[str, typer.Option(help="Only those about one instance.")] = "",
    limit: Annotated[int, typer.Option(help="How many, newest first.", min=1, max=10_000)] = 100,
    as_json: AsJson = False,
) -> None:
    """What was decided about what crosses, newest first, with the rule that decided it."""
    about = instances.canonical(peer) if peer else None

    def read(unit: Unit) -> list[dict[str, Any]]:
        found = audit.decisions(unit, limit, peer=about)
        return [{**one, "id": str(one["id"]), "at": iso(one["at"])} for one in found]

    with opened() as database:
        found = database.run_read(read)
    if as_json:
        print(json.dumps(found, indent=2, ensure_ascii=False))
        return
    for one in found:
        rules = " ".join(one["rules"]) or "no rule permits it"
        print(
            f"{one['at']}  {one['effect']:<5} {one['direction']:<3} {one['action']:<8} "
            f"{one['peer']:<32} {one['subject']}  [{rules}]"
        )
