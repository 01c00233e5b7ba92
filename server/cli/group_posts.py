"""`consilium group post`: taking a post out of a group that lives here, closing a discussion and opening it again.

For whoever runs the instance, where no moderator can be reached. It names posts by their address and prints none of their words.
"""

from __future__ import annotations

from typing import Annotated

import typer

from server.cli.opened import opened
from server.core.errors import Conflict, NotFound
from server.domain.accounts import Account
from server.domain.groups import Reason
from server.domain.moderation import Verb
from server.domain.posts import Post
from server.services import audit, earlier_words, open_groups, open_moderation
from server.services.posts import earlier as read_earlier
from server.services.posts import group_life, visible
from server.store import groups
from server.store.session import Unit

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Posts in a group that lives here: remove, lock, unlock, earlier.",
)
BY = "command"

Address = Annotated[str, typer.Argument(metavar="URI", help="The address of a post.")]


@app.command()
def remove(
    uri: Address,
    reason: Annotated[Reason, typer.Option(help="What its author is told.")] = Reason.MODERATOR,
) -> None:
    """Take a post out of its group, everywhere. Instances that may have it are asked for a receipt."""
    _do(uri, "remove", reason)
    print(f"{uri} was removed from its group")


@app.command()
def lock(uri: Address) -> None:
    """Close the discussion that a post belongs to: no more answers."""
    _do(uri, "lock", Reason.MODERATOR)
    print(f"The discussion of {uri} is closed")


@app.command()
def unlock(uri: Address) -> None:
    """Open a discussion again."""
    _do(uri, "unlock", Reason.MODERATOR)
    print(f"The discussion of {uri} is open")


@app.command()
def earlier(uri: Address) -> None:
    """Take away what an edited post said before, everywhere, with its pictures of then. Instances are asked for a receipt."""

    def take_back(unit: Unit) -> None:
        post = visible.find_by_uri(unit, uri)
        group = None if post is None or post.group_id is None else groups.account_of(unit, post.group_id)
        if post is None or group is None or not group.local:
            raise NotFound("%(uri)s is no post in a group that lives here", uri=uri[:200])
        if not earlier_words.is_left(unit, post):
            raise Conflict("%(uri)s is so already", uri=uri[:200])
        earlier_words.done(unit, group, group, post, read_earlier.of(post))
        audit.record(unit, BY, "group.post.earlier", uri)

    with opened() as database:
        database.run_write(take_back)
    print(f"What {uri} said before it was edited was taken away")


def _do(uri: str, verb: str, reason: Reason) -> None:
    def moderate(unit: Unit) -> None:
        post = visible.find_by_uri(unit, uri)
        found = [] if post is None else _groups_of(unit, post)
        if post is None or not found:
            raise NotFound("%(uri)s is no post in a group that lives here", uri=uri[:200])
        if post.group_id is None:
            done = [open_moderation.moderate(unit, one, one, Verb(verb), post.uri, reason) for one in found]
        else:
            done = [group_life.moderate(unit, one, one, post, verb, reason) for one in found]
        if True not in done:
            raise Conflict("%(uri)s is so already", uri=uri[:200])
        audit.record(unit, BY, f"group.post.{verb}", uri, reason=reason.value)

    with opened() as database:
        database.run_write(moderate)


def _groups_of(unit: Unit, post: Post) -> list[Account]:
    """The groups here that have a post: one, where it is members-only."""
    if post.group_id is None:
        return open_groups.holding(unit, post.uri)
    group = groups.account_of(unit, post.group_id)
    return [group] if group is not None and group.local else []
