"""What open streams are told: of each post exactly those readers in whose timelines it is.

A post is on a stream when the timeline of that name would show it to that reader, asked for this one post: there is no
second rule. Whatever a reader may not see, has muted or keeps out of home is not told of.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from server.core.errors import NotFound
from server.domain.conversations import Conversation
from server.domain.notifications import Notification
from server.domain.outlines import Outline
from server.domain.pages import Page
from server.domain.posts import Post, Visibility
from server.domain.streaming import Gone, Stream, Topic
from server.domain.viewers import Member
from server.services import conversations, filters, lists, notifications, timelines
from server.services.timelines import Tags
from server.store import outlines, posts
from server.store import streaming as rows
from server.store.session import Unit
from server.text.mentions import normal_tag

_SCOPES: Mapping[Stream, Mapping[str, bool]] = {
    Stream.PUBLIC: {},
    Stream.PUBLIC_MEDIA: {"only_media": True},
    Stream.LOCAL: {"local": True},
    Stream.LOCAL_MEDIA: {"local": True, "only_media": True},
    Stream.REMOTE: {"remote": True},
    Stream.REMOTE_MEDIA: {"remote": True, "only_media": True},
}


@dataclass(frozen=True, slots=True)
class Arrival:
    """A post on the streams of one reader. filtering: the reader has filters, so that its words must be read."""

    account_id: int
    topics: tuple[Topic, ...]
    outline: Outline
    filtering: bool


def check(unit: Unit, account_id: int, topic: Topic) -> None:
    """Raises NotFound for a list of somebody else."""
    if topic.stream is Stream.LIST:
        lists.get(unit, account_id, int(topic.about))


def readers(
    unit: Unit, post_id: int, listening: Mapping[int, Collection[Topic]]
) -> dict[int, tuple[Topic, ...]]:
    """Whose streams a post may be on, before each is asked; nobody where it is gone again."""
    post = posts.find(unit, post_id)
    if post is None:
        return {}
    at_home = rows.at_home(unit, post_id, listening)
    wanted = {
        account_id: tuple(topic for topic in topics if _possible(post, topic, at_home=account_id in at_home))
        for account_id, topics in listening.items()
    }
    return {account_id: topics for account_id, topics in wanted.items() if topics}


def arrivals(unit: Unit, post_id: int, wanted: Sequence[tuple[int, tuple[Topic, ...]]]) -> list[Arrival]:
    """For each reader that sees it: on which of the wanted streams."""
    found = []
    for account_id, topics in wanted:
        viewer = Member(account_id)
        home = timelines.home_outline(unit, viewer, _only(post_id)) if _HOME in topics else []
        shown = [topic for topic in topics if topic != _HOME and _shows(unit, viewer, topic, post_id)]
        outline = home[0] if home else None
        if outline is not None:
            shown.append(_HOME)
        elif shown:
            outline = outlines.of_post(unit, viewer, post_id)
        if outline is not None:
            filtering = bool(filters.active(unit, account_id))
            found.append(Arrival(account_id, tuple(shown), outline, filtering))
    return found


_HOME = Topic(Stream.USER)


def _only(post_id: int) -> Page:
    return Page(1, max_id=post_id + 1, min_id=post_id - 1)


def _possible(post: Post, topic: Topic, *, at_home: bool) -> bool:
    """Cheap and never too strict: spares most questions to the database."""
    match topic.stream:
        case Stream.USER:
            return at_home
        case Stream.LIST:
            return at_home or str(post.group_id) == topic.about
        case Stream.NOTIFICATIONS | Stream.DIRECT:
            return False
        case Stream.HASHTAG | Stream.HASHTAG_LOCAL:
            tagged = topic.about in {normal_tag(tag) for tag in post.tags}
            return tagged and post.visibility is Visibility.PUBLIC
        case _:
            return post.visibility is Visibility.PUBLIC and post.boost_of_id is None


def _shows(unit: Unit, viewer: Member, topic: Topic, post_id: int) -> bool:
    only = _only(post_id)
    match topic.stream:
        case Stream.LIST:
            try:
                return bool(timelines.list_(unit, viewer, only, int(topic.about)))
            except NotFound:  # deleted since, or no longer a member of that group
                return False
        case Stream.HASHTAG:
            return bool(timelines.tag(unit, viewer, only, Tags((topic.about,), (), ())))
        case Stream.HASHTAG_LOCAL:
            return bool(timelines.tag(unit, viewer, only, Tags((topic.about,), (), ()), local=True))
        case _:
            return bool(timelines.public(unit, viewer, only, **_SCOPES[topic.stream]))


def hear_of_gone(unit: Unit, gone: Gone, account_ids: Sequence[int]) -> set[int]:
    """Which of the accounts may be told that a post is gone."""
    return rows.may_hear(unit, gone, account_ids)


def notification(unit: Unit, account_id: int, notification_id: int) -> Notification | None:
    """None where it is taken back, or about what the member does not see any more."""
    try:
        return notifications.get(unit, account_id, notification_id)
    except NotFound:
        return None


def conversation(unit: Unit, account_id: int, post_id: int) -> tuple[Conversation, Post | None] | None:
    """The conversation that ends with a post; None where it has gone on, or is gone."""
    found = conversations.page(unit, account_id, _only(post_id))
    return found[0] if found else None
