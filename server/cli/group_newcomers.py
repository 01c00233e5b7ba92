"""`consilium group newcomers`: the institutions that came to a group, and whether members everywhere were told before."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from server.cli.lookup import group_named
from server.cli.opened import opened
from server.core.clock import iso
from server.services import groups


def newcomers(
    name: Annotated[str, typer.Argument(help="The group's name, without the @.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the institutions that came to a group, and which instances did not say that they told their members."""
    with opened() as database:
        found = database.run_read(lambda unit: groups.newcomers_of(unit, group_named(unit, name)))
    if as_json:
        shown = [
            {
                "host": one.host,
                "since": iso(one.since),
                "until": iso(one.until),
                "ended": iso(one.ended) if one.ended else None,
                "silent": list(one.silent),
            }
            for one in found
        ]
        print(json.dumps(shown, indent=2))
        return
    for one in found:
        ended = f"settled {iso(one.ended)}" if one.ended else f"waits until {iso(one.until)}"
        silent = f"; no answer from {', '.join(one.silent)}" if one.silent else ""
        print(f"{one.host:<30} offered {iso(one.since)}  {ended}{silent}")
