"""Files in which a member takes along whom they follow, and the like, and brings it in again."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FileKind(StrEnum):
    """What a file holds. Named as Mastodon names its own."""

    FOLLOWING = "following"
    LISTS = "lists"
    BLOCKS = "blocks"
    MUTES = "mutes"
    DOMAIN_BLOCKS = "domain_blocks"
    BOOKMARKS = "bookmarks"

    @property
    def file_name(self) -> str:
        return _FILE_NAMES[self]


_FILE_NAMES = {
    FileKind.FOLLOWING: "following_accounts.csv",
    FileKind.LISTS: "lists.csv",
    FileKind.BLOCKS: "blocked_accounts.csv",
    FileKind.MUTES: "muted_accounts.csv",
    FileKind.DOMAIN_BLOCKS: "blocked_domains.csv",
    FileKind.BOOKMARKS: "bookmarks.csv",
}


@dataclass(frozen=True, slots=True)
class Line:
    """name: a handle, a domain or an address. title: of a list. The rest is of a follow or a mute."""

    name: str
    title: str = ""
    reblogs: bool = True
    notify: bool = False
    languages: tuple[str, ...] = ()
    notifications: bool = True


@dataclass(frozen=True, slots=True)
class BroughtIn:
    """done: lines whose wish holds now. missing: names that are not known here, or that cannot be taken."""

    done: int
    missing: tuple[str, ...]
