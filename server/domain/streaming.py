"""What apps listen to: streams, what is told on them, and a post that is gone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote, unquote


class Stream(StrEnum):
    """The words of Mastodon's API."""

    USER = "user"
    NOTIFICATIONS = "user:notification"
    PUBLIC = "public"
    PUBLIC_MEDIA = "public:media"
    LOCAL = "public:local"
    LOCAL_MEDIA = "public:local:media"
    REMOTE = "public:remote"
    REMOTE_MEDIA = "public:remote:media"
    HASHTAG = "hashtag"
    HASHTAG_LOCAL = "hashtag:local"
    LIST = "list"
    DIRECT = "direct"


class StreamEvent(StrEnum):
    """What is told. A deletion tells an id; a change of filters nothing."""

    UPDATE = "update"
    STATUS_UPDATE = "status.update"
    DELETE = "delete"
    NOTIFICATION = "notification"
    CONVERSATION = "conversation"
    FILTERS_CHANGED = "filters_changed"


@dataclass(frozen=True, slots=True)
class Topic:
    """One stream. about: the tag, folded, or the list's id."""

    stream: Stream
    about: str = ""

    @property
    def words(self) -> list[str]:
        """As apps are told of it."""
        return [self.stream.value, self.about] if self.about else [self.stream.value]

    @property
    def is_public(self) -> bool:
        return self.stream.value.startswith(("public", "hashtag"))


@dataclass(frozen=True, slots=True)
class Gone:
    """A post that nobody sees any more. named: local accounts that it mentioned. published: not refused by its group before.

    tags: folded, as streams of tags are named.
    """

    post_id: int
    author_id: int
    public: bool
    direct: bool
    group_id: int | None
    published: bool
    named: tuple[int, ...]
    tags: tuple[str, ...]

    def was_on(self, topic: Topic) -> bool:
        """Whether a public stream may have shown it. Cheap, and never too strict."""
        if topic.stream in {Stream.HASHTAG, Stream.HASHTAG_LOCAL}:
            return self.public and topic.about in self.tags
        return self.public or not topic.is_public

    def key(self) -> str:
        """As text; `of` reads it."""
        flags = (self.public, self.direct, self.published)
        numbers = (self.post_id, self.author_id, self.group_id or 0, *map(int, flags), *self.named)
        return " ".join((*map(str, numbers), *(f"#{quote(tag)}" for tag in self.tags)))

    @classmethod
    def of(cls, key: str) -> Gone:
        words = key.split()
        tags = tuple(unquote(word[1:]) for word in words if word.startswith("#"))
        numbers = map(int, words[: len(words) - len(tags)])
        post_id, author_id, group_id, public, direct, published, *named = numbers
        return cls(
            post_id=post_id,
            author_id=author_id,
            public=bool(public),
            direct=bool(direct),
            group_id=group_id or None,
            published=bool(published),
            named=tuple(named),
            tags=tags,
        )
