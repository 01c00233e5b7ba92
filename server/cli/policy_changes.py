"""`consilium policy save`, `link`, `approve` and their like: how the house's own rules change.

A command counts as one person; where a second one is needed, `--by` names the administrator who agrees.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from server.cli.acting import By, actor
from server.cli.opened import opened
from server.core.clock import iso
from server.core.errors import Invalid
from server.domain.policies import Link, OwnRules, Policy, PolicyState, Replay
from server.services import policies
from server.services.policies import files, forms
from server.services.policies import replay as replays

DAYS = 30
STATES = {
    PolicyState.PROPOSED: "waits for a second person",
    PolicyState.IN_FORCE: "in force",
    PolicyState.REPLACED: "replaced",
    PolicyState.REFUSED: "refused",
}

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Note = Annotated[str, typer.Option(help="Why; the next administrator reads it.")]
Version = Annotated[int, typer.Argument(metavar="VERSION", help="As `consilium policy history` lists it.")]
Days = Annotated[int, typer.Option(help="How many days of recorded decisions.", min=1, max=400)]


def save(
    file: Annotated[
        Path, typer.Argument(help="Cedar rules, or a file that `policy export` wrote.", dir_okay=False)
    ],
    note: Note = "",
    by: By = "",
    days: Days = DAYS,
) -> None:
    """Replace the house's own rules. What opens something waits for a second person; the rest is in force at once."""
    with opened() as database:
        own = read_rules(file, database.run_read(policies.own_rules))
        _propose(database.run_write, database.run_read, own, note, by, days)


def link(
    template: Annotated[str, typer.Argument(help="As `consilium policy templates` lists it.")],
    rule: Annotated[str, typer.Argument(help="An id for the new rule, such as house.no-cases-to-clinic.")],
    peer: Annotated[str, typer.Option(help="The instance that it is about.")] = "",
    group: Annotated[
        str, typer.Option(help="The group that it is about: a local name, or the id of its actor.")
    ] = "",
    value: Annotated[str, typer.Option(help="A country or a level, where the template wants one.")] = "",
    note: Note = "",
    by: By = "",
    days: Days = DAYS,
) -> None:
    """Add a rule by filling in a template."""
    name = template if template.startswith("template.") else f"template.{template}"

    typed = Link(rule, name, peer, group, value)
    with opened() as database:
        _propose(
            database.run_write, database.run_read, database.run_read(forms.filled, typed), note, by, days
        )


def unlink(
    rule: Annotated[str, typer.Argument(help="The rule's id.")],
    note: Note = "",
    by: By = "",
    days: Days = DAYS,
) -> None:
    """Take away a rule that a template made."""
    with opened() as database:
        own = database.run_read(lambda unit: policies.without_link(policies.own_rules(unit), rule))
        _propose(database.run_write, database.run_read, own, note, by, days)


def templates(as_json: AsJson = False) -> None:
    """List the templates and what each wants to know."""
    found = []
    for form in forms.shipped():
        wants = [
            word
            for word, wanted in (("peer", form.peer), ("group", form.group), ("value", form.value))
            if wanted
        ]
        found.append({"template": form.template, "wants": wants, "value": form.value, "says": form.says})
    if as_json:
        print(json.dumps(found, indent=2))
        return
    for one in found:
        print(f"{one['template']}  ({', '.join(one['wants']) or 'nothing to fill in'})")
        print(f"  {str(one['says']).replace('%(', '').replace(')s', '')}")


def approve(version: Version, by: By = "") -> None:
    """Take proposed rules into force, as the second person."""
    with opened() as database:
        taken = database.run_write(lambda unit: policies.approve(unit, actor(unit, by), version))
    print(f"version {taken.id} is in force")


def refuse(version: Version, by: By = "") -> None:
    """End a proposal."""
    with opened() as database:
        database.run_write(lambda unit: policies.refuse(unit, actor(unit, by), version))
    print(f"version {version} is refused")


def history(
    limit: Annotated[int, typer.Option(help="How many, newest first.", min=1, max=1_000)] = 50,
    as_json: AsJson = False,
) -> None:
    """List the versions of the house's own rules, newest first."""
    with opened() as database:
        found = database.run_read(policies.history, limit)
    if as_json:
        print(json.dumps([_row(one) for one in found], indent=2, ensure_ascii=False))
        return
    for one in found:
        print(f"{one.id}  {iso(one.at)}  {STATES[one.state]:<26} by {one.by}  {one.note}".rstrip())


def export(
    file: Annotated[Path | None, typer.Argument(help="Where to write; standard output without it.")] = None,
) -> None:
    """Write the house's own rules as a file that `policy save` reads."""
    with opened() as database:
        own = database.run_read(policies.own_rules)
    text = files.written(own)
    if file is None:
        print(text, end="")
        return
    try:
        with file.open("x", encoding="utf-8") as out:
            out.write(text)
    except FileExistsError:
        raise Invalid("%(file)s is there already; nothing was written", file=str(file)) from None
    except OSError as error:
        raise Invalid(
            "%(file)s cannot be written: %(why)s", file=str(file), why=error.strerror or ""
        ) from None
    print(f"written to {file}")


def replay(
    file: Annotated[
        Path | None, typer.Argument(help="Rules instead of the house's own ones; without it, those in force.")
    ] = None,
    days: Days = DAYS,
    as_json: AsJson = False,
) -> None:
    """What rules would have done with what was decided in the last days. Changes nothing."""
    with opened() as database:
        own = database.run_read(policies.own_rules)
        candidate = policies.compile_own(read_rules(file, own) if file is not None else own)
        found = database.run_read(replays.replay, candidate, days)
    if as_json:
        rows = [
            {
                "direction": one.direction,
                "action": one.action,
                "peer": one.peer,
                "was": one.was,
                "would": one.would,
                "count": one.count,
                "example": one.example,
            }
            for one in found.changed
        ]
        print(
            json.dumps(
                {"considered": found.considered, "unreadable": found.unreadable, "changed": rows}, indent=2
            )
        )
        return
    _say_replay(found, days)


def read_rules(file: Path, own: OwnRules) -> OwnRules:
    """A file of Cedar replaces the text and keeps the filled-in forms; an exported file replaces both. Raises Invalid."""
    try:
        source = file.read_bytes()
    except OSError as error:
        raise Invalid("%(file)s cannot be read: %(why)s", file=str(file), why=error.strerror or "") from None
    return files.read(source, own, str(file))


def _row(one: Policy) -> dict[str, Any]:
    return {
        "version": str(one.id),
        "state": one.state.value,
        "at": iso(one.at),
        "by": one.by,
        "note": one.note,
        "loosens": list(one.loosens),
        "decided_at": iso(one.decided_at) if one.decided_at else None,
        "decided_by": one.decided_by,
    }


def _propose(write: Any, read: Any, own: OwnRules, note: str, by: str, days: int) -> None:
    found: Replay = read(replays.replay, policies.compile_own(own), days)
    made: Policy = write(lambda unit: policies.propose(unit, actor(unit, by), own, note))
    _say_replay(found, days)
    if made.state is PolicyState.IN_FORCE:
        print(f"version {made.id} is in force: it opens nothing")
        return
    print(f"version {made.id} waits for a second person, because it opens something:")
    for rule in made.loosens:
        print(f"  {rule}")
    print(f"`consilium policy approve {made.id} --by NAME` takes it into force")


def _say_replay(found: Replay, days: int) -> None:
    print(f"{found.considered} decisions of the last {days} days judged again")
    if found.unreadable:
        print(f"  {found.unreadable} of them are from before these facts were recorded, and were left out")
    for one in found.changed:
        print(
            f"  {one.count} times {one.direction} {one.action} {one.peer}: {one.was} becomes {one.would}, "
            f"such as {one.example}"
        )
    if not found.changed:
        print("  none would have been decided otherwise")
