"""`consilium group incident`: posts that are hidden because somebody says that they identify a patient.

For whoever runs the instance, where no moderator can be reached. It prints none of their words.
Of a group elsewhere its own moderators decide.
"""

from __future__ import annotations

from typing import Annotated

import typer

from server.cli import said
from server.cli.opened import opened
from server.core.clock import iso
from server.core.errors import Conflict, NotFound
from server.services import audit, incidents
from server.services.posts import visible
from server.store import groups
from server.store.session import Unit

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Posts hidden because somebody says that they identify a patient: list, restore, purge.",
)
BY = "command"

Address = Annotated[str, typer.Argument(metavar="URI", help="The address of a post.")]


@app.command("list")
def list_(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List what waits for a decision, oldest first."""
    with opened() as database:
        found = database.run_read(incidents.open_anywhere, 10_000)
    if as_json:
        said.print_json([{"object": one.object_uri, "since": iso(one.opened_at)} for one in found])
        return
    for one in found:
        print(f"{iso(one.opened_at)}  {one.object_uri}")


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
