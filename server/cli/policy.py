"""`consilium policy`: the rules of the boundary, whether a file of rules is sound, and what was decided."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from server.cli.opened import opened
from server.core.clock import iso
from server.core.errors import Invalid
from server.policy.compile import PolicyError, base_source
from server.policy.decide import base_set, compile_set, describe
from server.services import audit, instances
from server.store.session import Unit

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="The boundary policy and its decisions.",
)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the rules in force: their ids, what they do, and their text."""
    rules = base_set()
    if as_json:
        print(json.dumps({"version": rules.version, "rules": describe(rules)}, indent=2, ensure_ascii=False))
        return
    print(f"version {rules.version}")
    for rule in describe(rules):
        print(f"\n{rule['id']}  ({rule['effect']}, {rule['set']})")
        print("\n".join(f"  {line}" for line in rule["text"].splitlines()))


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="A file of Cedar rules.", dir_okay=False)],
) -> None:
    """Whether a file of rules could be taken into force beside the shipped ones. Changes nothing."""
    try:
        source = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise Invalid("%(file)s is not text in UTF-8", file=str(file)) from None
    except OSError as error:
        raise Invalid("%(file)s cannot be read: %(why)s", file=str(file), why=error.strerror or "") from None
    try:
        rules = compile_set(base_source(), source)
    except PolicyError as error:
        raise Invalid(
            "%(file)s cannot be taken into force: %(why)s", file=str(file), why=str(error)
        ) from None
    print(
        f"{file} is sound: {len(rules.rules)} rules together with the shipped ones, version {rules.version}"
    )


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
