"""`consilium review`: what a rule holds at the boundary until a person lets it go or refuses it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from server.cli import said
from server.cli.opened import opened
from server.core.clock import iso
from server.domain.boundary import Direction
from server.domain.holds import Hold
from server.services import holds
from server.store.session import Unit

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="What waits at the boundary for a person.",
)
BY = "command"

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Number = Annotated[int, typer.Argument(metavar="NUMBER", help="As `consilium review list` shows it.")]


@app.callback()
def root() -> None:
    """What waits at the boundary for a person."""


@app.command("list")
def list_(
    limit: Annotated[int, typer.Option(help="How many, oldest first.", min=1, max=10_000)] = 200,
    as_json: AsJson = False,
) -> None:
    """List what waits, oldest first: since when, which way, with whom, by which rule."""
    with opened() as database:
        found = [_row(one) for one in database.run_read(holds.waiting, limit)]
        usual = database.run_read(holds.usual_wait)
    if as_json:
        said.print_json(found)
        return
    for one in found:
        print(
            f"{one['number']}  {one['since']}  {one['direction']:<3} {one['peer']:<32} [{' '.join(one['rules'])}]"
        )
        print(f"    {one['subject']}")
    if usual is not None:
        print(f"usually decided within {max(1, round(usual.total_seconds() / 60))} minutes")


@app.command()
def show(number: Number, as_json: AsJson = False) -> None:
    """Show one, with its text. That it was read is written down."""
    with opened() as database:
        found, body = database.run_write(lambda unit: holds.read(unit, BY, number))
    read = {name: value for name, value in asdict(holds.told(body)).items() if value or name == "text"}
    row = {**_row(found), **read}
    if as_json:
        said.print_json(row)
        return
    for name, value in row.items():
        print(f"{name:<10} {' '.join(value) if isinstance(value, list) else value}")


@app.command()
def release(numbers: Annotated[list[int], typer.Argument(metavar="NUMBER…")]) -> None:
    """Let go what waits. The rules are asked again: what is forbidden by now stays."""

    def let_go(unit: Unit) -> int:
        return sum(holds.release(unit, BY, number) for number in numbers)

    with opened() as database:
        print(f"released {database.run_write(let_go)}")


@app.command()
def refuse(
    number: Number, reason: Annotated[str, typer.Option(help="For the next reviewer and the auditor.")]
) -> None:
    """Refuse what waits: it does not cross."""
    with opened() as database:
        database.run_write(lambda unit: holds.refuse(unit, BY, number, reason))
    print(f"refused {number}")


def _row(one: Hold) -> dict[str, Any]:
    return {
        "number": str(one.id),
        "since": iso(one.at),
        "direction": one.direction.value,
        "peer": one.peer,
        "subject": one.subject,
        "rules": list(one.rules),
        "waits_for": "a review here" if one.direction is Direction.IN else "a release from here",
    }
