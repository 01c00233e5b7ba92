"""What a local account says of itself. Limits are Mastodon's; a name or note that is too long is refused, not cut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from federation.iri import find_iri, origin_of
from federation.types import Iri
from server.core.clock import iso
from server.core.errors import Invalid
from server.domain.accounts import Account, Field
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
    public = _public(unit, wanted, {} if wanted.fields is None else _verified(unit, account_id))
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
    changed = accounts.get(unit, account_id)
    if wanted.fields is not None:
        _ask_pages(unit, changed)
    return changed


def addresses_of(unit: Unit, account_id: int) -> frozenset[str]:
    """How a page may spell a link to a profile."""
    account = accounts.get(unit, account_id)
    return frozenset({str(account.uri), account.url, account.url + "/"})


def verified(unit: Unit, account_id: int, uri: str) -> None:
    """A page that the profile names was found to link back."""
    account = accounts.get(unit, account_id)
    fields = [
        [
            each.name,
            each.value,
            each.source,
            each.verified_at or (iso(unit.now) if _page(each) == uri else ""),
        ]
        for each in account.fields
    ]
    rows.change(unit, account_id, {"fields": fields})
    unit.changed(ChangeKind.ACCOUNT, account_id)


def pages_of(account: Account) -> list[Iri]:
    """The pages that a profile names, each once."""
    return list(dict.fromkeys(page for each in account.fields if (page := _page(each))))


def _ask_pages(unit: Unit, account: Account) -> None:
    """Pages that the profile names and that were not seen to link back yet."""
    pages = dict.fromkeys(page for each in account.fields if not each.verified_at and (page := _page(each)))
    for page in pages:
        if origin_of(page) != unit.context.settings.origin:
            events.happened(unit, EventKind.LINK_NAMED, account_id=account.id, uri=page)


def _page(one: Field) -> Iri | None:
    """The address that a field is, and nothing else."""
    return find_iri(one.source)


def _verified(unit: Unit, account_id: int) -> dict[str, str]:
    """When each value of the profile was found to be true."""
    return {each.source: each.verified_at for each in accounts.get(unit, account_id).fields}


def _public(unit: Unit, wanted: Change, known: dict[str, str]) -> dict[str, Any]:
    """known: when a value of a field was verified; it stays so for the same value."""
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
        values["fields"] = [[*each, known.get(each[2], "")] for each in _fields(unit, wanted.fields)]
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
