"""Posts and their parts, as records."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from federation.iri import same_origin
from federation.types import Iri
from server.domain.accounts import Account


class Visibility(StrEnum):
    """Whom a post without a group is for; from widest to narrowest."""

    PUBLIC = "public"
    UNLISTED = "unlisted"
    FOLLOWERS = "followers"
    DIRECT = "direct"

    @property
    def rank(self) -> int:
        """0 is the widest."""
        return list(Visibility).index(self)

    def narrowed(self, ceiling: Visibility) -> Visibility:
        """The narrower of the two."""
        return self if self.rank >= ceiling.rank else ceiling


API_VISIBILITY = {
    Visibility.PUBLIC: "public",
    Visibility.UNLISTED: "unlisted",
    Visibility.FOLLOWERS: "private",
    Visibility.DIRECT: "direct",
}
"""Mastodon's four words and no other."""


class Standing(StrEnum):
    """Of a post in a group. Only PUBLISHED is for the group's members; HIDDEN and REMOVED are for nobody."""

    PUBLISHED = "published"
    PENDING = "pending"  # the group, elsewhere, has not answered yet: its author alone sees it
    HELD = "held"  # waits for a moderator: likewise
    REFUSED = "refused"  # likewise
    HIDDEN = "hidden"  # somebody says that it identifies a patient
    REMOVED = "removed"  # by a moderator


class PostKind(StrEnum):
    NOTE = "note"
    ARTICLE = "article"
    QUESTION = "question"
    BOOST = "boost"


@dataclass(frozen=True, slots=True)
class Post:
    """One post, or one boost (kind BOOST, boost_of_id set, empty content)."""

    id: int
    uri: Iri
    url: str
    account_id: int
    local: bool
    kind: PostKind
    visibility: Visibility
    group_id: int | None
    content_class: str
    boost_of_id: int | None
    in_reply_to_id: int | None
    in_reply_to_uri: Iri | None
    in_reply_to_account_id: int | None
    thread_id: int
    title: str
    summary: str
    content: str
    source: str | None
    source_type: str
    language: str | None
    sensitive: bool
    tags: tuple[str, ...]
    application: str | None
    published_at: datetime
    edited_at: datetime | None
    replies_count: int
    boosts_count: int
    favourites_count: int
    version: int
    standing: Standing = Standing.PUBLISHED
    standing_reason: str = ""
    digest: str | None = None


RECORDINGS = frozenset({"video", "gifv", "audio"})


@dataclass(frozen=True, slots=True)
class Media:
    """An image, video or sound of a post, or one uploaded and not yet posted. focus: thousandths. duration: milliseconds.

    upload: as it was sent, sealed, while it waits to be made anew. refusal: why it could not be.

    Of a members-only group from elsewhere: signed_digest is that of its bytes, as the author signed it; what the vault has of
    it, the original and what is shown, opens with the key alone.
    """

    id: int
    account_id: int
    post_id: int | None
    position: int
    kind: str
    mime: str
    digest: str | None
    preview_digest: str | None
    preview_mime: str | None
    remote_url: str | None
    description: str
    blurhash: str | None
    width: int
    height: int
    size: int
    focus_x: int
    focus_y: int
    created_at: datetime
    signed_digest: str | None = None
    original: str | None = None
    key_sealed: bytes | None = field(default=None, repr=False)
    scheduled_id: int | None = None
    """The scheduled post that keeps it."""
    duration: int = 0
    upload: str | None = None
    refusal: str | None = None

    @property
    def is_finished(self) -> bool:
        return self.upload is None and self.refusal is None

    @property
    def is_recording(self) -> bool:
        """Video or sound."""
        return self.kind in RECORDINGS


@dataclass(frozen=True, slots=True)
class PollOption:
    title: str
    votes: int


@dataclass(frozen=True, slots=True)
class Poll:
    id: int
    post_id: int
    options: tuple[PollOption, ...]
    multiple: bool
    hide_totals: bool
    expires_at: datetime | None
    closed_at: datetime | None
    voters_count: int


@dataclass(frozen=True, slots=True)
class Mention:
    """silent: addressed without being named in the text."""

    post_id: int
    account_id: int
    silent: bool


@dataclass(frozen=True, slots=True)
class Revision:
    """What a post said before an edit."""

    id: int
    post_id: int
    summary: str
    content: str
    sensitive: bool
    media: tuple[dict[str, str], ...]
    poll: tuple[str, ...] | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What was said to be deleted. owner: an author, an instance's actor or a group. kept: for ever, as of groups and of requests to remove."""

    uri: Iri
    owner: Iri
    deleted_at: datetime
    kept: bool

    def covers(self, author: Account, group: Account | None = None) -> bool:
        """Whether it speaks of a post by that author in that group: nobody else's word keeps a post away."""
        if self.owner == author.uri or (group is not None and self.owner == group.uri):
            return True
        return self.kept and same_origin(self.owner, author.uri)

    @property
    def certain(self) -> bool:
        """Whether its owner is of the object's own origin."""
        return same_origin(self.owner, self.uri)
