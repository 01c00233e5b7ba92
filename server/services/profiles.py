"""What a local account says of itself. Limits are Mastodon's; a name or note that is too long is refused, not cut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from server.core.errors import Invalid
from server.domain.accounts import Account
from server.domain.changes import ChangeKind
from server.domain.posts import Visibility
from server.domain.work import EventKind
from server.services import accounts, events
from server.store import accounts as rows
from server.store.session import Unit
from server.text.compose import ContentType, compose
from server.text.links import MentionLink
from server.text.mentions import Handle

LONGEST_NAME = 100
LONGEST_NOTE = 5000
MOST_FIELDS = 8
LONGEST_FIELD = 255


@dataclass(frozen=True, slots=True)
class Change:
    """None leaves a thing as it is. fields: pairs of name and value as typed. avatar, header: digests; "" removes."""

    display_name: str | None = None
    note: str | None = None
    fields: tuple[tuple[str, str], ...] | None = None
    avatar: str | None = None
    header: str | None = None
    locked: bool | None = None
    bot: bool | None = None
    discoverable: bool | None = None
    indexable: bool | None = None
    hides_collections: bool | None = None
    default_visibility: Visibility | None = None
    default_sensitive: bool | None = None
    default_language: str | None = None


def change(unit: Unit, account_id: int, wanted: Change) -> Account:
    """Raises Invalid. Peers hear of it when something changed that they can see."""
    public = _public(unit, wanted)
    private: dict[str, Any] = {}
    if wanted.default_visibility is not None:
        private["default_visibility"] = wanted.default_visibility.value
    if wanted.default_sensitive is not None:
        private["default_sensitive"] = wanted.default_sensitive
    if wanted.default_language is not None:
        private["default_language"] = wanted.default_language or None
    if public or private:
        rows.change(unit, account_id, {**public, **private})
        unit.changed(ChangeKind.ACCOUNT, account_id)
    if public:
        events.happened(unit, EventKind.ACTOR_CHANGED, account_id=account_id)
    return accounts.get(unit, account_id)


def _public(unit: Unit, wanted: Change) -> dict[str, Any]:
    values: dict[str, Any] = {
        name: value
        for name in ("avatar", "header", "locked", "bot", "discoverable", "indexable", "hides_collections")
        if (value := getattr(wanted, name)) is not None
    }
    if wanted.display_name is not None:
        if len(wanted.display_name) > LONGEST_NAME:
            raise Invalid("Validation failed: Display name is too long (maximum %(most)s)", most=LONGEST_NAME)
        values["display_name"] = " ".join(wanted.display_name.split())
    if wanted.note is not None:
        if len(wanted.note) > LONGEST_NOTE:
            raise Invalid("Validation failed: Bio is too long (maximum %(most)s)", most=LONGEST_NOTE)
        values["note_source"] = wanted.note
        values["note"] = _html(unit, wanted.note)
    if wanted.fields is not None:
        values["fields"] = _fields(unit, wanted.fields)
    return values


def _fields(unit: Unit, pairs: tuple[tuple[str, str], ...]) -> list[list[str]]:
    kept = [(name.strip(), value.strip()) for name, value in pairs if name.strip() or value.strip()]
    if len(kept) > MOST_FIELDS:
        raise Invalid("Validation failed: a profile has at most %(most)s fields", most=MOST_FIELDS)
    for name, value in kept:
        if not name:
            raise Invalid("Validation failed: a profile field needs a name")
        if len(name) > LONGEST_FIELD or len(value) > LONGEST_FIELD:
            raise Invalid(
                "Validation failed: a profile field is too long (maximum %(most)s)", most=LONGEST_FIELD
            )
    return [[name, _one_line(_html(unit, value)), value] for name, value in kept]


def _html(unit: Unit, text: str) -> str:
    base = unit.context.settings.base

    def link(handle: Handle) -> MentionLink | None:
        own = handle.host in {"", unit.context.settings.domain}
        found = rows.find_by_name(unit, handle.name, "" if own else handle.host)
        return None if found is None or found.gone else MentionLink(found.url or found.uri, found.username)

    return compose(text, ContentType.PLAIN, link, lambda tag: f"{base}/tags/{quote(tag)}").html


def _one_line(html: str) -> str:
    """A field's value without the paragraph around it."""
    return html.removeprefix("<p>").removesuffix("</p>") if html.count("<p>") == 1 else html
