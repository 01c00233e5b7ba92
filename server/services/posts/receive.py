"""Posts from other instances, already verified and decided about: stored once, threaded, shown at home, notified.

It refuses what was deleted before, what concerns nobody here, and whoever is not the stored owner. HTML is sanitised
here, whatever the caller did. An audience never grows by an edit of somebody else's words.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from federation.types import Iri
from server.domain.accounts import Account
from server.domain.notifications import NotificationKind
from server.domain.posts import PollOption, Post, PostKind, Visibility
from server.domain.work import EventKind
from server.services import conversations, events, notifications, timelines
from server.services.polls import MAX_OPTION_LENGTH
from server.services.posts import found_by
from server.services.posts.named import Named, people_named
from server.store import accounts, interactions, media, polls, relationships, repeats, revisions
from server.store import conversations as conversation_rows
from server.store import posts as rows
from server.store.posts import Count
from server.store.session import Unit
from server.text.html import sanitise
from server.text.mentions import find_tags, normal_tag
from server.text.plain import text_of

OPEN = (Visibility.PUBLIC, Visibility.UNLISTED)
MAX_MEDIA = 16
MAX_TAGS = 64
MAX_OPTIONS = 32
MAX_CONTENT = 500_000
MAX_ABOVE = 50
"""Posts that are fetched above one that arrived: a thread may be endless."""
FUTURE = timedelta(minutes=5)
"""How far a peer's clock may be ahead."""


class Received(StrEnum):
    """What a received post, or boost, came to."""

    CREATED = "created"
    DUPLICATE = "duplicate"
    TOMBSTONED = "tombstoned"
    IRRELEVANT = "irrelevant"


@dataclass(frozen=True, slots=True)
class IncomingMedia:
    """focus: thousandths. digest: in a members-only group, that of the bytes, as it was signed."""

    url: str
    mime: str
    description: str = ""
    blurhash: str | None = None
    width: int = 0
    height: int = 0
    focus_x: int = 0
    focus_y: int = 0
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class IncomingPoll:
    options: tuple[PollOption, ...]
    multiple: bool
    expires_at: datetime | None = None
    closed_at: datetime | None = None
    voters_count: int = 0


@dataclass(frozen=True, slots=True)
class Incoming:
    """A post as its author's instance states it. mentions: named in the text. addressed: reached without being named."""

    uri: Iri
    url: str
    kind: PostKind
    visibility: Visibility
    content: str
    published_at: datetime
    summary: str = ""
    title: str = ""
    language: str | None = None
    sensitive: bool = False
    tags: tuple[str, ...] = ()
    mentions: tuple[Iri, ...] = ()
    addressed: tuple[Iri, ...] = ()
    media: tuple[IncomingMedia, ...] = ()
    poll: IncomingPoll | None = None
    in_reply_to_uri: Iri | None = None
    updated_at: datetime | None = None
    content_class: str = "discussion"

    @property
    def read(self) -> list[str]:
        """Everything that people will read of it, as plain text."""
        return [text_of(self.content), self.title, self.summary, *self.beside]

    @property
    def beside(self) -> list[str]:
        """What is read beside the text: choices and descriptions."""
        choices = [] if self.poll is None else [each.title for each in self.poll.options]
        return choices + [each.description for each in self.media]


def receive(
    unit: Unit, author: Account, incoming: Incoming, *, wanted: bool = False, above: int = 0
) -> tuple[Post | None, Received]:
    """Stores a post of a remote author. wanted: somebody here asked for it, so it concerns us.

    above: how many answers lie between the post that arrived and this one, which was fetched for it.
    No post is answered where none was stored.
    """
    existing = rows.find_by_uri(unit, incoming.uri)
    if existing is not None:
        return existing, Received.DUPLICATE
    buried = repeats.find_tombstone(unit, incoming.uri)
    if buried is not None and buried.covers(author):
        return None, Received.TOMBSTONED
    parent = _parent(unit, incoming)
    named = people_named(unit, author, incoming.mentions, incoming.addressed)
    if not (wanted or _concerns_us(unit, author, incoming, parent, named)):
        return None, Received.IRRELEVANT
    post_id = unit.new_id()
    if not rows.add(unit, values_of(unit, author, incoming, parent, post_id)):
        return rows.find_by_uri(unit, incoming.uri), Received.DUPLICATE
    post = hang(unit, author, incoming, post_id, named)
    if parent is not None and post.visibility in OPEN:
        rows.count(unit, parent.id, Count.REPLIES, up=True)
    _spread(unit, author, post, named)
    adopt(unit, post)
    answered = incoming.in_reply_to_uri
    if answered is not None and above < MAX_ABOVE and rows.find_by_uri(unit, answered) is None:
        events.happened(unit, EventKind.PARENT_WANTED, post_id=post.id, uri=answered, above=above + 1)
    return post, Received.CREATED


def _parent(unit: Unit, incoming: Incoming) -> Post | None:
    """What is answered, where it is here. A post in a members-only group has no answers from outside but direct ones."""
    if incoming.in_reply_to_uri is None:
        return None
    found = rows.find_by_uri(unit, incoming.in_reply_to_uri)
    if found is not None and found.group_id is not None and incoming.visibility is not Visibility.DIRECT:
        return None
    return found


def _concerns_us(unit: Unit, author: Account, incoming: Incoming, parent: Post | None, named: Named) -> bool:
    """Somebody here follows the author, is named, or said the thing that is answered or waits for this one."""
    if named.touches_us or (parent is not None and parent.local):
        return True
    if relationships.has_local_followers(unit, author.id):
        return True
    return bool(rows.waiting_for(unit, incoming.uri))


def values_of(
    unit: Unit, author: Account, incoming: Incoming, parent: Post | None, post_id: int
) -> dict[str, Any]:
    kind = PostKind.NOTE if incoming.kind is PostKind.BOOST else incoming.kind
    return {
        "id": post_id,
        "uri": incoming.uri,
        "url": incoming.url or incoming.uri,
        "account_id": author.id,
        "local": False,
        "kind": (PostKind.QUESTION if incoming.poll is not None else kind).value,
        "visibility": incoming.visibility.value,
        "in_reply_to_id": None if parent is None else parent.id,
        "in_reply_to_uri": incoming.in_reply_to_uri,
        "in_reply_to_account_id": None if parent is None else parent.account_id,
        "thread_id": post_id if parent is None else parent.thread_id,
        "content_class": incoming.content_class,
        "published_at": min(incoming.published_at, unit.now + FUTURE),
        "edited_at": _edited(unit, incoming),
        **_words(incoming),
    }


def _edited(unit: Unit, incoming: Incoming) -> datetime | None:
    if incoming.updated_at is None or incoming.updated_at <= incoming.published_at:
        return None
    return min(incoming.updated_at, unit.now + FUTURE)


def _words(incoming: Incoming) -> dict[str, Any]:
    """The columns that an edit changes."""
    return {
        "title": incoming.title[:1000],
        "summary": incoming.summary[:5000],
        "content": sanitise(incoming.content[:MAX_CONTENT]),
        "language": None if incoming.language is None else incoming.language[:16],
        "sensitive": incoming.sensitive,
        "tags": _tags(incoming),
    }


def _tags(incoming: Incoming) -> list[str]:
    """Those that could be written here: another name is some text from elsewhere, of which apps would make a link."""
    named = (tag.removeprefix("#").strip() for tag in incoming.tags[:MAX_TAGS])
    return list(dict.fromkeys(normal_tag(tag) for tag in named if find_tags(f"#{tag}") == (normal_tag(tag),)))


def hang(unit: Unit, author: Account, incoming: Incoming, post_id: int, named: Named) -> Post:
    """What hangs on a post that was just added."""
    post = rows.find(unit, post_id)
    assert post is not None
    rows.add_mentions(unit, post_id, (each.id for each in named.mentioned))
    rows.add_mentions(unit, post_id, (each.id for each in named.addressed), silent=True)
    rows.add_tags(unit, post_id, post.tags)
    _add_media(unit, author, post_id, incoming.media)
    if incoming.poll is not None:
        _add_poll(unit, post_id, incoming.poll)
    found_by.keep(unit, post, incoming.beside)
    if post.visibility is not Visibility.DIRECT and post.group_id is None:
        accounts.posted(unit, author.id, unit.now)
    return post


def _add_media(unit: Unit, author: Account, post_id: int, found: tuple[IncomingMedia, ...]) -> None:
    media.add(
        unit,
        [
            {
                "account_id": author.id,
                "post_id": post_id,
                "position": position,
                "kind": _kind_of(each.mime),
                "mime": each.mime[:64],
                "remote_url": each.url,
                "description": each.description[:5000],
                "blurhash": None if each.blurhash is None else each.blurhash[:128],
                "width": max(0, each.width),
                "height": max(0, each.height),
                "focus_x": max(-1000, min(1000, each.focus_x)),
                "focus_y": max(-1000, min(1000, each.focus_y)),
                "signed_digest": each.digest,
            }
            for position, each in enumerate(found[:MAX_MEDIA])
        ],
    )


def _kind_of(mime: str) -> str:
    top = mime.partition("/")[0].lower()
    return top if top in {"image", "video", "audio"} else "unknown"


def _poll_values(poll: IncomingPoll) -> dict[str, Any]:
    options = poll.options[:MAX_OPTIONS]
    return {
        "options": [[each.title[: MAX_OPTION_LENGTH * 5], max(0, each.votes)] for each in options],
        "multiple": poll.multiple,
        "expires_at": poll.expires_at,
        "closed_at": poll.closed_at,
        "voters_count": max(0, poll.voters_count),
    }


def _add_poll(unit: Unit, post_id: int, poll: IncomingPoll) -> None:
    polls.add(unit, {"id": unit.new_id(), "post_id": post_id, **_poll_values(poll)})


def _spread(unit: Unit, author: Account, post: Post, named: Named) -> None:
    """Homes, conversations and notifications here."""
    timelines.arrived(unit, post, author_is_local=False)
    if post.visibility is Visibility.DIRECT and named.touches_us:
        conversations.arrived(unit, post, named.everyone)
    told = [each.id for each in named.mentioned if each.local]
    if post.visibility is Visibility.DIRECT:
        # a direct post reaches whom it addresses, named in the text or not
        told += [each.id for each in named.addressed if each.local]
    notifications.notify(unit, told, NotificationKind.MENTION, author.id, post)
    if post.visibility is not Visibility.DIRECT and post.in_reply_to_uri is None:
        watching = relationships.notified_of_posts(unit, author.id)
        notifications.notify(unit, set(watching) - set(told), NotificationKind.STATUS, author.id, post)


def adopt(unit: Unit, post: Post) -> None:
    """Answers that came before the post that they answer find their place."""
    waiting = [one for one in rows.waiting_for(unit, post.uri) if one.group_id == post.group_id]
    if not waiting:
        return
    rows.adopt(unit, post)
    for child in waiting:
        if child.visibility in OPEN:
            rows.count(unit, post.id, Count.REPLIES, up=True)
        if child.thread_id != post.thread_id:
            rows.merge_thread(unit, child.thread_id, post.thread_id)
            interactions.merge_thread(unit, child.thread_id, post.thread_id)
            conversation_rows.merge_thread(unit, child.thread_id, post.thread_id)
        placed = rows.find(unit, child.id)
        if placed is not None and placed.group_id is None:
            timelines.arrived(unit, placed, author_is_local=False)


class Edited(StrEnum):
    """What a received Update came to. TALLIED: only the counts of a poll were new."""

    EDITED = "edited"
    TALLIED = "tallied"
    STALE = "stale"
    UNKNOWN = "unknown"
    NOT_OWNER = "not_owner"


def receive_edit(unit: Unit, author: Account, incoming: Incoming) -> Edited:
    """Only by the stored owner, and only what is newer than what is here."""
    before = rows.find_by_uri(unit, incoming.uri)
    if before is None:
        return Edited.UNKNOWN
    if before.account_id != author.id or before.local or before.boost_of_id is not None:
        return Edited.NOT_OWNER
    if before.group_id is not None:
        return Edited.NOT_OWNER  # in a members-only group the group alone says what has changed
    tallied = tally(unit, before, incoming)
    updated = incoming.updated_at
    if updated is None or updated <= (before.edited_at or before.published_at):
        return Edited.TALLIED if tallied else Edited.STALE
    rewrite(unit, author, before, incoming, min(updated, unit.now + FUTURE))
    return Edited.EDITED


def tally(unit: Unit, before: Post, incoming: Incoming) -> bool:
    """Takes over the counts of the same poll."""
    poll = polls.of_posts(unit, [before.id]).get(before.id) if incoming.poll is not None else None
    if poll is None or incoming.poll is None:
        return False
    values = _poll_values(incoming.poll)
    if [title for title, _ in values["options"]] != [option.title for option in poll.options]:
        return False
    if values["closed_at"] is not None and poll.closed_at is None:
        # it is over from now on; the round that closes polls tells those who voted here
        values |= {"expires_at": min(values["closed_at"], unit.now), "closed_at": None}
    polls.change(unit, poll.id, values)
    rows.touch(unit, before.id)
    return True


def rewrite(unit: Unit, author: Account, before: Post, incoming: Incoming, updated: datetime) -> None:
    shown = media.of_posts(unit, [before.id]).get(before.id, ())
    asked = polls.of_posts(unit, [before.id]).get(before.id)
    revisions.add(
        unit,
        before,
        [{"id": str(each.id), "description": each.description} for each in shown],
        None if asked is None else [option.title for option in asked.options],
    )
    media.remove_of_post(unit, before.id)
    _add_media(unit, author, before.id, incoming.media)
    if incoming.poll is not None:
        if asked is None:
            _add_poll(unit, before.id, incoming.poll)
        else:
            titles = tuple(option.title for option in incoming.poll.options)
            if titles != tuple(option.title for option in asked.options):
                polls.replace(unit, asked.id, _poll_values(incoming.poll))
    elif asked is not None:
        polls.remove(unit, asked.id)
        rows.change(unit, before.id, {"kind": PostKind.NOTE.value})
    earlier = {each.account_id for each in rows.mentions(unit, [before.id])}
    group = None if before.group_id is None else accounts.find(unit, before.group_id)
    named = people_named(unit, author, incoming.mentions, incoming.addressed, group)
    shown_names = [each.id for each in named.mentioned]
    rows.add_mentions(unit, before.id, shown_names)
    rows.silence_mentions(unit, before.id, but=shown_names)
    rows.replace_tags(unit, before.id, _tags(incoming))
    rows.change(unit, before.id, {**_words(incoming), "edited_at": updated})
    after = rows.find(unit, before.id)
    assert after is not None
    found_by.keep(unit, after, incoming.beside)
    fresh = {each.id for each in named.mentioned if each.local} - earlier
    notifications.notify(unit, fresh, NotificationKind.MENTION, author.id, after)
    boosters = rows.local_boosters(unit, before.id)
    notifications.notify(unit, boosters, NotificationKind.UPDATE, author.id, after)
