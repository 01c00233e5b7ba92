"""`consilium audit`: the log of who did what to whom."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from server.cli.opened import opened
from server.core.clock import iso
from server.services import audit
from server.store.session import Unit

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True, help="The audit log.")


@app.callback()
def root() -> None:
    """The audit log."""


@app.command("list")
def list_(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    limit: Annotated[int, typer.Option(help="How many entries, newest first.", min=1, max=10_000)] = 100,
    actor: Annotated[
        str, typer.Option(help="Who did it: `command`, `system`, `user:ID` or an instance.")
    ] = "",
    action: Annotated[str, typer.Option(help="What was done, such as `instance.trust` or `instance`.")] = "",
    target: Annotated[str, typer.Option(help="To what it was done.")] = "",
) -> None:
    """List entries, newest first."""

    def read(unit: Unit) -> list[dict[str, Any]]:
        found = audit.entries(unit, limit, actor=actor, action=action, target=target)
        return [{**entry, "id": str(entry["id"]), "at": iso(entry["at"])} for entry in found]

    with opened() as database:
        found = database.run_read(read)
    if as_json:
        print(json.dumps(found, indent=2, ensure_ascii=False))
        return
    for one in found:
        detail = ", ".join(
            f"{name} {value}" for name, value in one["detail"].items() if value not in {"", None}
        )
        print(f"{one['at']}  {one['actor']:<12} {one['action']:<24} {one['target']}  {detail}".rstrip())
