"""The caller's own account: who am I, and what others read of me."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.datastructures import UploadFile
from starlette.responses import Response

from server.core.errors import Invalid
from server.domain.accounts import Account
from server.domain.pages import Page
from server.domain.posts import API_VISIBILITY, Visibility
from server.domain.users import Role
from server.services import accounts, moving, profiles, relationships
from server.web.kit import forms, pictures, responses
from server.web.kit.call import Call
from server.web.kit.unit import Unit
from server.web.mastodon.asked import language, text
from server.web.mastodon.entities import accounts as entities
from server.web.mastodon.rendering import accounts as rendering
from server.web.mastodon.rendering.renderer import Renderer

VISIBILITIES = {word: visibility for visibility, word in API_VISIBILITY.items()}
MOST = 10_000
UNSAID = "undefined"
"""What apps in JavaScript, masto.js among them, put into a form for what they have no value of."""


@dataclass(frozen=True, slots=True)
class Own:
    """requests: how many ask to follow. new_home: where the account has moved to."""

    account: Account
    requests: int
    new_home: Account | None


async def verify(call: Call) -> Response:
    """GET /api/v1/accounts/verify_credentials."""
    account = await call.glance(accounts.get, call.account_id)
    plain = not account.locked and account.moved_to_uri is None
    return _answer(call, Own(account, 0, None) if plain else await call.read(_told, account))


async def preferences(call: Call) -> Response:
    """GET /api/v1/preferences."""
    account = await call.read(accounts.get, call.account_id)
    return responses.json(
        entities.Preferences(
            API_VISIBILITY[Visibility(account.default_visibility)],
            account.default_sensitive,
            account.default_language,
        )
    )


async def update(call: Call) -> Response:
    """PATCH /api/v1/accounts/update_credentials."""
    fields = await forms.body(call)
    wanted = await _wanted(call, fields)
    own = await call.write(_changed, call.account_id, wanted)
    return _answer(call, own)


async def remove_avatar(call: Call) -> Response:
    """DELETE /api/v1/profile/avatar."""
    own = await call.write(_changed, call.account_id, profiles.Change(avatar=""))
    return _answer(call, own)


async def remove_header(call: Call) -> Response:
    """DELETE /api/v1/profile/header."""
    own = await call.write(_changed, call.account_id, profiles.Change(header=""))
    return _answer(call, own)


def _told(unit: Unit, account: Account) -> Own:
    return Own(account, _requests(unit, account), moving.new_home(unit, account))


def _requests(unit: Unit, account: Account) -> int:
    """How many ask to follow, counted up to a page; nobody asks an account that is open."""
    return len(relationships.requests(unit, account.id, Page(limit=80))) if account.locked else 0


def _changed(unit: Unit, account_id: int, wanted: profiles.Change) -> Own:
    return _told(unit, profiles.change(unit, account_id, wanted))


def _answer(call: Call, own: Own) -> Response:
    role = (call.principal.role if call.principal else None) or Role.MEMBER
    return responses.raw(rendering.own(Renderer.of(call), own.account, role, own.requests, own.new_home))


async def _wanted(call: Call, fields: dict[str, Any]) -> profiles.Change:
    source = fields.get("source")
    source = source if isinstance(source, dict) else {}
    privacy = source.get("privacy")
    if privacy and str(privacy) not in VISIBILITIES:
        raise Invalid("Validation failed: %(field)s is not of the right form", field="source[privacy]")
    return profiles.Change(
        display_name=_optional(fields, "display_name"),
        note=_optional(fields, "note"),
        fields=_profile_fields(fields.get("fields_attributes", UNSAID)),
        avatar=await _picture(call, fields, "avatar"),
        header=await _picture(call, fields, "header"),
        locked=forms.truth(fields.get("locked")),
        bot=forms.truth(fields.get("bot")),
        discoverable=forms.truth(fields.get("discoverable")),
        indexable=forms.truth(fields.get("indexable")),
        hides_collections=forms.truth(fields.get("hide_collections")),
        default_visibility=VISIBILITIES[str(privacy)] if privacy else None,
        default_sensitive=forms.truth(source.get("sensitive")),
        default_language=language(source["language"]) or "" if "language" in source else None,
    )


def _optional(fields: dict[str, Any], name: str) -> str | None:
    return text(fields[name], name, MOST) if name in fields else None


def _profile_fields(value: Any) -> tuple[tuple[str, str], ...] | None:
    if value == UNSAID:
        return None
    found = []
    for one in forms.listed(value):
        if not isinstance(one, dict):
            raise Invalid("Validation failed: %(field)s is not of the right form", field="fields_attributes")
        found.append((text(one.get("name"), "name", MOST), text(one.get("value"), "value", MOST)))
    return tuple(found)


async def _picture(call: Call, fields: dict[str, Any], name: str) -> str | None:
    """The digest of an uploaded picture; None when none was sent, "" when it is to go."""
    value = fields.get(name)
    if isinstance(value, UploadFile):
        return await pictures.face(call, value, name)
    if isinstance(value, list | dict):
        raise Invalid("Validation failed: %(field)s is not of the right form", field=name)
    return "" if name in fields and value in {None, ""} else None
