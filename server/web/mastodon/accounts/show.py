"""Accounts as others see them: one, several, found by handle or by what is typed; followers and followed."""

from __future__ import annotations

from starlette.responses import Response

from server.core.errors import BadRequest, NotFound
from server.domain.accounts import Account, AccountKind
from server.domain.viewers import Viewer
from server.services import accounts, moving, relationships, search
from server.web.kit import forms, meeting, responses
from server.web.kit.call import Call
from server.web.kit.unit import Unit
from server.web.mastodon import answers, asked
from server.web.mastodon.entities import accounts as entities
from server.web.mastodon.rendering import accounts as rendering
from server.web.mastodon.rendering.renderer import Renderer

USUAL, MOST = 40, 80


def shown(unit: Unit, viewer: Viewer, account_id: int) -> Account:
    """Raises NotFound for accounts that are gone or unknown to the viewer, and for the actor of the instance itself."""
    account = accounts.get(unit, account_id)
    if account.deleted_at is not None or (account.local and account.kind is AccountKind.APPLICATION):
        raise NotFound
    if not accounts.known_to(unit, viewer, [account]):
        raise NotFound
    return account


def _several(unit: Unit, viewer: Viewer, ids: list[int]) -> list[Account]:
    found = accounts.many(unit, ids)
    return accounts.known_to(unit, viewer, [found[one] for one in ids if one in found])


async def show(call: Call) -> Response:
    """GET /api/v1/accounts/:id."""
    account = await call.read(shown, call.viewer, call.id())
    return await _alone(call, account)


async def several(call: Call) -> Response:
    """GET /api/v1/accounts?id[]=…."""
    wanted = asked.ids(asked.query_words(call, "id"))
    found = await call.read(_several, call.viewer, wanted)
    return answers.account_list(call, [one for one in found if not one.gone])


async def lookup(call: Call) -> Response:
    """GET /api/v1/accounts/lookup?acct=…: among those known here; nothing is fetched."""
    handle = call.request.query_params.get("acct", "")
    if not handle:
        raise BadRequest("acct is missing")
    account = await call.read(search.find_account, call.viewer, handle[:320])
    if account is None:
        raise NotFound
    return await _alone(call, account)


async def _alone(call: Call, account: Account) -> Response:
    new_home = await call.read(moving.new_home, account) if account.moved_to_uri is not None else None
    return responses.raw(rendering.alone(Renderer.of(call), account, new_home))


async def find(call: Call) -> Response:
    """GET /api/v1/accounts/search."""
    text = call.request.query_params.get("q", "")[:320]
    limit = max(1, asked.small_number(call, "limit", USUAL, MOST))
    offset = asked.small_number(call, "offset", 0, 10_000)
    followed_by = call.account_id if asked.flag(call, "following") else None
    found = await call.read(
        search.accounts, call.viewer, text, limit=limit, offset=offset, followed_by=followed_by
    )
    if not found and asked.flag(call, "resolve") and offset == 0:
        remote = await meeting.called(call, text.strip())
        found = [remote] if remote is not None else []
    return answers.account_list(call, found)


async def relations(call: Call) -> Response:
    """GET /api/v1/accounts/relationships?id[]=…."""
    fields = await forms.body(call)
    found = await call.read(relationships.relationships, call.account_id, asked.ids(fields.get("id")))
    return responses.json([rendering.relationship(one) for one in found])


async def familiar(call: Call) -> Response:
    """GET /api/v1/accounts/familiar_followers?id[]=…: always nobody; who follows whom is not told."""
    fields = await forms.body(call)
    wanted = asked.ids(fields.get("id"))
    return responses.json([entities.FamiliarFollowers(str(one), []) for one in wanted])
