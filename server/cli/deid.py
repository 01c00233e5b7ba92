"""`consilium deid`: which certain identifiers a text holds, by kind and place.

It never prints a value, and needs no database. It finds the obvious alone: what passes may still tell who the patient is.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from server.cli import said
from server.core.clock import SystemClock
from server.core.errors import Invalid
from server.deid.check import check
from server.deid.findings import Finding, Purpose

app = typer.Typer(rich_markup_mode=None, add_completion=False, help="Certain identifiers in a text.")
MOST_BYTES = 16 * 1024 * 1024


@app.command()
def deid(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A text file in UTF-8, or - for standard input.")
    ],
    purpose: Annotated[
        Purpose,
        typer.Option(
            "--for",
            help="A group's post, which may hold none; a direct message, which may hold telephone and the like.",
        ),
    ] = Purpose.GROUP,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say which certain identifiers a text holds, by kind and place, never by value. Changes nothing, keeps nothing."""
    text = _text(file)
    found = check(text, purpose=purpose, today=SystemClock().now().date())
    places = [_place(text, each) for each in found]
    if as_json:
        said.print_json({"purpose": purpose.value, "findings": places})
        return
    for each in places:
        print(f"line {each['line']}, column {each['column']}: {each['kind']} ({each['length']} characters)")
    counted = Counter(each.kind.value for each in found)
    print(", ".join(f"{kind}: {count}" for kind, count in sorted(counted.items())) or "none found")
    print("Names, places and rare stories are not looked for: the text may still tell who the patient is.")


def _text(file: str) -> str:
    try:
        data = sys.stdin.buffer.read(MOST_BYTES + 1) if file == "-" else _bounded(Path(file))
    except OSError as error:
        raise Invalid("%(file)s cannot be read: %(reason)s", file=file, reason=error.strerror or "") from None
    if len(data) > MOST_BYTES:
        raise Invalid("%(file)s is too big: at most 16 MiB", file=file)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid("%(file)s is not text in UTF-8", file=file) from None


def _bounded(path: Path) -> bytes:
    with path.open("rb") as opened:
        return opened.read(MOST_BYTES + 1)


def _place(text: str, one: Finding) -> dict[str, str | int]:
    """start, end: offsets in characters; line and column count from one."""
    return {
        "kind": one.kind.value,
        "start": one.start,
        "end": one.end,
        "line": text.count("\n", 0, one.start) + 1,
        "column": one.start - text.rfind("\n", 0, one.start),
        "length": one.end - one.start,
    }
