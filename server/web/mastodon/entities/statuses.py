"""Statuses and what hangs on them."""

from __future__ import annotations

from typing import Literal

from server.web.mastodon.entities.accounts import Account
from server.web.mastodon.entities.base import Emoji, Entity

Visibility = Literal["public", "unlisted", "private", "direct"]


class Size(Entity, omit_defaults=True):
    """Of a picture, or of what plays: seconds, bits a second. Sound has no more than those."""

    width: int = 0
    height: int = 0
    size: str = ""
    aspect: float = 0.0
    duration: float = 0.0
    bitrate: int = 0


class Focus(Entity):
    x: float
    y: float


class MediaMeta(Entity, omit_defaults=True):
    original: Size | None = None
    small: Size | None = None
    focus: Focus | None = None


class MediaAttachment(Entity):
    """url: signed for the reader, good for a day at most."""

    id: str
    type: Literal["unknown", "image", "gifv", "video", "audio"]
    url: str | None
    preview_url: str | None
    remote_url: str | None
    preview_remote_url: str | None
    text_url: str | None
    meta: MediaMeta
    description: str | None
    blurhash: str | None


class Mention(Entity):
    id: str
    username: str
    url: str
    acct: str


class StatusTag(Entity):
    name: str
    url: str


class Application(Entity):
    name: str
    website: str | None = None


class PollOption(Entity):
    title: str
    votes_count: int | None


class Poll(Entity):
    """votes_count of the options: null while the author hides results. own_votes: only for readers with an account."""

    id: str
    expires_at: str | None
    expired: bool
    multiple: bool
    votes_count: int
    voters_count: int | None
    options: list[PollOption]
    emojis: list[Emoji]
    voted: bool | None
    own_votes: list[int] | None


class StatusBody(Entity):
    """The part of a status that is the same for all its readers; encoded once for a version of the post."""

    id: str
    created_at: str
    in_reply_to_id: str | None
    in_reply_to_account_id: str | None
    sensitive: bool
    spoiler_text: str
    visibility: Visibility
    language: str | None
    uri: str
    url: str
    replies_count: int
    reblogs_count: int
    favourites_count: int
    edited_at: str | None
    content: str
    application: Application | None
    mentions: list[Mention]
    tags: list[StatusTag]
    emojis: list[Emoji]
    card: None = None


class FilterHead(Entity):
    """A filter as a status shows it."""

    id: str
    title: str
    context: list[str]
    expires_at: str | None
    filter_action: Literal["warn", "hide", "blur"]


class FilterResult(Entity):
    """A filter that the status meets: by which words, or because it names the status."""

    filter: FilterHead
    keyword_matches: list[str] | None
    status_matches: list[str] | None


class Status(StatusBody, kw_only=True):
    """A status as one reader sees it. text: on deletion only, for a new draft."""

    account: Account
    media_attachments: list[MediaAttachment]
    poll: Poll | None
    reblog: Status | None
    favourited: bool
    reblogged: bool
    muted: bool
    bookmarked: bool
    pinned: bool
    filtered: list[FilterResult]


class DeletedStatus(Status, kw_only=True):
    """The last sight of a status, with what its author typed."""

    text: str


class Context(Entity):
    ancestors: list[Status]
    descendants: list[Status]


class UnexpectedAccounts(Entity):
    """A post was refused, because it names these as well, whom the app did not list."""

    error: str
    unexpected_accounts: list[Account]


class StatusSource(Entity):
    id: str
    text: str
    spoiler_text: str


class EditPollOption(Entity):
    title: str


class EditPoll(Entity):
    options: list[EditPollOption]


class StatusEdit(Entity, omit_defaults=True):
    """poll: absent where there was none."""

    content: str
    spoiler_text: str
    sensitive: bool
    created_at: str
    account: Account
    media_attachments: list[MediaAttachment]
    emojis: list[Emoji]
    poll: EditPoll | None = None


class ScheduledPoll(Entity):
    options: list[str]
    expires_in: int
    multiple: bool
    hide_totals: bool


class ScheduledParams(Entity):
    """What the author wrote; null where the app said nothing."""

    text: str
    spoiler_text: str
    visibility: Visibility | None
    sensitive: bool | None
    language: str | None
    in_reply_to_id: str | None
    media_ids: list[str] | None
    poll: ScheduledPoll | None
    scheduled_at: None = None
    idempotency: None = None
    application_id: None = None
    with_rate_limit: bool = False


class ScheduledStatus(Entity):
    id: str
    scheduled_at: str
    params: ScheduledParams
    media_attachments: list[MediaAttachment]
