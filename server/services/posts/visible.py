"""Posts for a viewer, and the parts that rendering them needs, in a few statements however many posts.

It refuses by NotFound: a post that the viewer may not see is answered like one that does not exist.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from server.core.errors import NotFound
from server.domain.accounts import Account
from server.domain.posts import Media, Mention, Poll, Post, PostKind
from server.domain.viewers import Viewer
from server.store import accounts, media, polls
from server.store import posts as rows
from server.store.session import Unit

CONTEXT_LIMIT = 400
"""Posts above, and posts below, that a thread shows."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What hangs on some posts and on the posts that they boost.

    accounts: authors and everyone mentioned, by id. media, polls and mentions: by post id.
    mentions: those named in the text, with their accounts; `addressed`: those reached without being named.
    originals: boosted posts, by their own id.
    """

    accounts: dict[int, Account] = field(default_factory=dict)
    media: dict[int, tuple[Media, ...]] = field(default_factory=dict)
    mentions: dict[int, tuple[tuple[Mention, Account], ...]] = field(default_factory=dict)
    addressed: dict[int, tuple[tuple[Mention, Account], ...]] = field(default_factory=dict)
    polls: dict[int, Poll] = field(default_factory=dict)
    originals: dict[int, Post] = field(default_factory=dict)


def visible_post(unit: Unit, viewer: Viewer, post_id: int) -> Post:
    """Raises NotFound."""
    found = rows.visible(unit, viewer, (post_id,)).get(post_id)
    if found is None:
        raise NotFound
    return found


def visible_posts(unit: Unit, viewer: Viewer, ids: Iterable[int]) -> dict[int, Post]:
    """Those of the posts that the viewer may see."""
    return rows.visible(unit, viewer, ids)


def visible_original(unit: Unit, viewer: Viewer, post_id: int) -> Post:
    """The post itself, or what it boosts: apps send either. Raises NotFound."""
    found = visible_post(unit, viewer, post_id)
    return found if found.boost_of_id is None else visible_post(unit, viewer, found.boost_of_id)


def find_by_uri(unit: Unit, uri: str) -> Post | None:
    """For receiving, which acts for nobody. Never for an answer to somebody."""
    return rows.find_by_uri(unit, uri)


def find(unit: Unit, post_id: int) -> Post | None:
    """For rendering what was authorised before. Never for an answer to somebody."""
    return rows.find(unit, post_id)


def find_many(unit: Unit, ids: Iterable[int]) -> list[Post]:
    """Likewise, by id; those that are gone are left out. Never for an answer to somebody."""
    return list(rows.many(unit, ids).values())


def context_of(unit: Unit, viewer: Viewer, post: Post) -> tuple[list[Post], list[Post]]:
    """What a post answers, oldest first; and the answers below it, each after what it answers."""
    above = rows.ancestor_ids(unit, post.id, CONTEXT_LIMIT)
    below = rows.descendant_ids(unit, post.id, CONTEXT_LIMIT)
    seen = rows.visible(unit, viewer, [*above, *(child for child, _ in below)])
    children: dict[int, list[int]] = {}
    for child, parent in sorted(below):
        children.setdefault(parent, []).append(child)
    ordered: list[Post] = []
    waiting = children.get(post.id, [])[::-1]
    while waiting:
        current = waiting.pop()
        if current in seen:
            ordered.append(seen[current])
        waiting.extend(children.get(current, [])[::-1])
    return [seen[each] for each in above if each in seen], ordered


def stamps(unit: Unit, posts: Sequence[Post]) -> dict[int, tuple[int, int, int, int]]:
    """By post id, what a prepared entity is kept under: it is good while all four versions stay.

    The versions of the post, its author, what it boosts, and that author. posts: already authorised. A kept entity saves
    `load_parts` for its post; what a viewer did with it is not part of it.
    """
    return rows.stamps(unit, (post.id for post in posts)) if posts else {}


def load_parts(unit: Unit, posts: Sequence[Post]) -> Parts:
    """posts: already authorised; what they boost is authorised with them."""
    originals = rows.many(unit, (post.boost_of_id for post in posts if post.boost_of_id is not None))
    shown = [post for post in posts if post.boost_of_id is None] + list(originals.values())
    ids = sorted({post.id for post in shown})
    questions = sorted({post.id for post in shown if post.kind is PostKind.QUESTION})
    named = rows.mentions(unit, ids)
    known = accounts.many(
        unit,
        {post.account_id for post in (*posts, *originals.values())} | {each.account_id for each in named},
    )
    mentions: dict[int, list[tuple[Mention, Account]]] = {}
    addressed: dict[int, list[tuple[Mention, Account]]] = {}
    for each in named:
        into = addressed if each.silent else mentions
        into.setdefault(each.post_id, []).append((each, known[each.account_id]))
    return Parts(
        accounts=known,
        media=media.of_posts(unit, ids),
        mentions={post_id: tuple(pairs) for post_id, pairs in mentions.items()},
        addressed={post_id: tuple(pairs) for post_id, pairs in addressed.items()},
        polls=polls.of_posts(unit, questions),
        originals=originals,
    )
