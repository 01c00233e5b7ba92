"""What would become of a post: it is published, looked at, and taken back in the same breath.

So the preview refuses what publishing refuses, and its institutions are those that sending plans for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from federation.types import Origin
from server.domain.accounts import Account
from server.domain.boundary import Action
from server.domain.posts import Post
from server.services import destinations, explanations, groups
from server.services.explanations import Explained
from server.services.groups import Readers
from server.services.posts import visible
from server.services.posts.publish import publish
from server.services.posts.writing import Draft
from server.store import accounts
from server.store.session import Unit


@dataclass(frozen=True, slots=True)
class Preview:
    """post: as it would stand. named: the people it reaches by name. group: where it would be said, with who can read there.

    meant: towards each institution where somebody is meant. others: connected ones where nobody is.
    """

    post: Post
    named: tuple[Account, ...]
    group: Account | None
    readers: tuple[Readers, ...]
    meant: tuple[Explained, ...]
    others: tuple[Origin, ...]


def preview(unit: Unit, author: Account, draft: Draft) -> Preview:
    """Leaves nothing behind. Raises what `publish` raises."""
    with unit.undone():
        post = publish(unit, author, replace(draft, idempotency_key=None))
        hosts = dict.fromkeys(host for host, _ in destinations.of_post(unit, post))
        told = explanations.post(unit, post, hosts)
        parts = visible.load_parts(unit, [post])
        named = (*parts.mentions.get(post.id, ()), *parts.addressed.get(post.id, ()))
        group = None if post.group_id is None else accounts.find(unit, post.group_id)
        return Preview(
            post=post,
            named=tuple(account for _, account in named),
            group=group,
            readers=() if group is None else tuple(groups.who_can_read(unit, group)),
            meant=tuple(one for one in told if one.action is Action.DELIVER),
            others=tuple(host for host in explanations.peers(unit) if host not in hosts),
        )
