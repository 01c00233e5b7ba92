"""Accounts and relationships as entities."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import escape

from server.core.clock import iso
from server.domain.accounts import Account, AccountKind, Relationship
from server.domain.posts import API_VISIBILITY, Visibility
from server.domain.users import Role
from server.services import holds
from server.services.verification import words
from server.text.html import sanitise_stored
from server.web.mastodon.entities import accounts as entities
from server.web.mastodon.rendering.renderer import Renderer, encode, joined

ROLE_IDS = {Role.MEMBER: "-99", Role.MODERATOR: "1", Role.AUDITOR: "2", Role.ADMIN: "3"}


def account(renderer: Renderer, one: Account) -> bytes:
    """An encoded account; kept by its version."""
    key = ("account", renderer.base, one.id, one.version)
    found = renderer.prepared.get(key)
    if found is None:
        found = encode(entity(renderer, one))
        renderer.prepared.put(key, found)
    body: bytes = found
    return body


def alone(renderer: Renderer, one: Account, new_home: Account | None) -> bytes:
    """An account that is shown for itself, with the one that it has moved to."""
    return _with_home(renderer, account(renderer, one), new_home)


def _with_home(renderer: Renderer, body: bytes, new_home: Account | None) -> bytes:
    return body if new_home is None else body[:-1] + b',"moved":' + account(renderer, new_home) + b"}"


def accounts(renderer: Renderer, many: Iterable[Account]) -> bytes:
    return joined([account(renderer, one) for one in many])


def entity(renderer: Renderer, one: Account) -> entities.Account:
    avatar = renderer.links.face("avatar", one.id, one.avatar)
    header = renderer.links.face("header", one.id, one.header)
    gone = one.gone
    return entities.Account(
        id=str(one.id),
        username=one.username,
        acct=one.acct,
        display_name="" if gone else one.display_name,
        locked=one.locked,
        bot=one.bot or one.kind in {AccountKind.SERVICE, AccountKind.APPLICATION},
        discoverable=one.discoverable,
        indexable=one.indexable,
        group=one.kind is AccountKind.GROUP,
        created_at=iso(one.created_at.replace(hour=0, minute=0, second=0, microsecond=0)),
        note="" if gone else sanitise_stored(one.note) + _usual_wait(renderer, one),
        url=one.url or one.uri,
        uri=one.uri,
        avatar=avatar,
        avatar_static=avatar,
        header=header,
        header_static=header,
        followers_count=one.followers_count,
        following_count=one.following_count,
        statuses_count=one.posts_count,
        last_status_at=one.last_post_at.date().isoformat() if one.last_post_at else None,
        hide_collections=one.hides_collections,
        noindex=not one.indexable,
        emojis=[],
        roles=[],
        fields=[] if gone else _fields(renderer, one),
        suspended=one.suspended_at is not None,
        limited=one.limited_at is not None,
    )


def _fields(renderer: Renderer, one: Account) -> list[entities.Field]:
    """First what the instance says and nobody can write: who reads a group, what was checked of a profession."""
    said = [
        entities.Field(field.name, sanitise_stored(field.value), field.verified_at or None)
        for field in one.fields
    ]
    if one.kind is AccountKind.GROUP:
        return [_readers(renderer, one), *said]
    if one.checked is None:
        return said
    sentence = escape(words.what_was_checked(one.checked, renderer.title, renderer.words))
    name = renderer.words.gettext("Profession")
    return [entities.Field(name, str(sentence), iso(one.checked.decided_at)), *said]


def _usual_wait(renderer: Renderer, one: Account) -> str:
    """How long what a rule holds of a group usually waits here for a person; nothing where there is too little to say."""
    if one.usual_wait is None:
        return ""
    return f"<p>{escape(holds.usually(one.usual_wait, renderer.words))}</p>"


def _readers(renderer: Renderer, group: Account) -> entities.Field:
    """Apps have no word for who reads a group: its profile leads to our page, which says so."""
    page = escape(f"{renderer.base}/groups/{group.id}")
    link = (
        f'<a href="{page}" target="_blank" rel="nofollow noopener noreferrer">{page.partition("://")[2]}</a>'
    )
    return entities.Field(renderer.words.gettext("Who can read it"), link, None)


def own(renderer: Renderer, one: Account, role: Role, requests: int, new_home: Account | None) -> bytes:
    """The caller's account with what a composer starts from. requests: how many ask to follow."""
    key = ("own", renderer.base, one.id, one.version, role, requests)
    found = renderer.prepared.get(key)
    if found is None:
        extra = encode({"source": source(one, requests), "role": role_entity(role)})
        found = account(renderer, one)[:-1] + b"," + extra[1:]
        renderer.prepared.put(key, found)
    return _with_home(renderer, found, new_home)


def source(one: Account, requests: int) -> entities.Source:
    return entities.Source(
        privacy=API_VISIBILITY[Visibility(one.default_visibility)],
        sensitive=one.default_sensitive,
        language=one.default_language or "",
        note=one.note_source,
        fields=[
            entities.SourceField(field.name, field.source, field.verified_at or None) for field in one.fields
        ],
        follow_requests_count=requests,
        hide_collections=one.hides_collections,
        discoverable=one.discoverable,
        indexable=one.indexable,
    )


def role_entity(role: Role) -> entities.Role:
    return entities.Role(
        id=ROLE_IDS[role],
        name="" if role is Role.MEMBER else role.value.capitalize(),
        permissions="0",
        color="",
        highlighted=False,
    )


def muted(renderer: Renderer, one: Account, relationship: Relationship) -> bytes:
    ends = relationship.muting_expires_at
    extra = encode({"mute_expires_at": iso(ends) if ends else None})
    return account(renderer, one)[:-1] + b"," + extra[1:]


def relationship(one: Relationship) -> entities.Relationship:
    return entities.Relationship(
        id=str(one.target_id),
        following=one.following,
        showing_reblogs=one.showing_reblogs,
        notifying=one.notifying,
        languages=list(one.languages) if one.languages else None,
        followed_by=one.followed_by,
        blocking=one.blocking,
        blocked_by=one.blocked_by,
        muting=one.muting,
        muting_notifications=one.muting_notifications,
        muting_expires_at=iso(one.muting_expires_at) if one.muting_expires_at else None,
        requested=one.requested,
        requested_by=one.requested_by,
        domain_blocking=one.domain_blocking,
        endorsed=one.endorsed,
        note=one.note,
    )
