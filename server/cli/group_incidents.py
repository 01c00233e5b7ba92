"""`consilium group incident`: posts that are hidden because somebody says that they identify a patient.

For whoever runs the instance, where no moderator can be reached. It prints none of their words.
Of a group elsewhere its own moderators decide.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from server.cli import said
from server.cli.opened import opened
from server.core.clock import iso
from server.core.errors import Conflict, NotFound
from server.services import audit, incident_records, incidents
from server.services.posts import visible
from server.store import groups
from server.store.session import Unit

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Posts hidden because somebody says that they identify a patient: list, show, restore, purge.",
)
BY = "command"

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Address = Annotated[str, typer.Argument(metavar="URI", help="The address of a post.")]


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List what waits for a decision, oldest first."""
    with opened() as database:
        found = database.run_read(incidents.open_anywhere, 10_000)
    if as_json:
        said.print_json(
            [{"id": str(one.id), "object": one.object_uri, "since": iso(one.opened_at)} for one in found]
        )
        return
    for one in found:
        print(f"{one.id}  {iso(one.opened_at)}  {one.object_uri}")


@app.command()
def show(
    number: Annotated[int, typer.Argument(metavar="ID", help="As `list` or the page says it.", min=1)],
    as_json: AsJson = False,
) -> None:
    """Show the record of an incident, for the notification within 72 hours. It has no words of the post."""
    with opened() as database:
        record = database.run_write(incident_records.read, BY, number)
    plain = incident_records.plain(record)
    if as_json:
        said.print_json(plain)
        return
    for name, value in plain.items():
        lines = value if isinstance(value, list) else [value]
        for line in lines:
            print(f"{name:<14} {_line(line)}")


def _line(value: Any) -> str:
    if isinstance(value, dict):
        return "  ".join(str(each) for name, each in value.items() if each and name != "receipt")
    return "" if value is None else str(value)


@app.command()
def restore(uri: Address) -> None:
    """Show a post again."""
    _decide(uri, purge=False)
    print(f"{uri} is shown again")


@app.command()
def purge(uri: Address) -> None:
    """Take a post from everybody who may have it, its author's instance included. It cannot be undone."""
    _decide(uri, purge=True)
    print(f"{uri} is purged; `consilium purge show` tells who has answered")


def _decide(uri: str, *, purge: bool) -> None:
    def settle(unit: Unit) -> None:
        post = visible.find_by_uri(unit, uri)
        group = None if post is None or post.group_id is None else groups.account_of(unit, post.group_id)
        if post is None or group is None or not group.local:
            raise NotFound("%(uri)s is no post in a group that lives here", uri=uri[:200])
        if not incidents.settle(unit, group, group, post, purge=purge):
            raise Conflict("%(uri)s is not hidden", uri=uri[:200])
        audit.record(unit, BY, f"incident.{'purge' if purge else 'restore'}", uri)

    with opened() as database:
        database.run_write(settle)
