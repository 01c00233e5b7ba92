"""Whom the caller blocks and mutes, instances that the caller blocks, and who asks to follow."""

from __future__ import annotations

from starlette.responses import Response

from server.domain.accounts import Account, Relationship
from server.domain.pages import Page
from server.services import accounts, relationships
from server.web.kit import forms, pagination, responses
from server.web.kit.call import Call
from server.web.kit.unit import Unit
from server.web.mastodon import answers, asked
from server.web.mastodon.rendering import accounts as rendering
from server.web.mastodon.rendering.renderer import Renderer, joined

DOMAINS = pagination.Limits(100, 200)
LONGEST_DOMAIN = 1000


async def requests(call: Call) -> Response:
    """GET /api/v1/follow_requests."""
    page = pagination.page(call, pagination.ACCOUNTS)
    return answers.account_rows(call, await call.read(relationships.requests, call.account_id, page))


async def blocks(call: Call) -> Response:
    """GET /api/v1/blocks."""
    page = pagination.page(call, pagination.ACCOUNTS)
    return answers.account_rows(call, await call.read(relationships.blocks, call.account_id, page))


def _mutes(unit: Unit, account_id: int, page: Page) -> list[tuple[int, Account, Relationship]]:
    rows = relationships.mutes(unit, account_id, page)
    relations = relationships.relationships(unit, account_id, [account.id for _, account in rows])
    return [(row, account, relation) for (row, account), relation in zip(rows, relations, strict=True)]


async def mutes(call: Call) -> Response:
    """GET /api/v1/mutes, with the moment each ends."""
    rows = await call.read(_mutes, call.account_id, pagination.page(call, pagination.ACCOUNTS))
    renderer = Renderer.of(call)
    body = joined([rendering.muted(renderer, account, relation) for _, account, relation in rows])
    bounds = (rows[0][0], rows[-1][0]) if rows else (None, None)
    return responses.raw(body, headers=pagination.link(call, *bounds))


def _block_domain(unit: Unit, account_id: int, domain: str) -> None:
    relationships.block_domain(unit, accounts.get(unit, account_id), domain)


def _unblock_domain(unit: Unit, account_id: int, domain: str) -> None:
    relationships.unblock_domain(unit, accounts.get(unit, account_id), domain)


async def domains(call: Call) -> Response:
    """GET /api/v1/domain_blocks."""
    rows = await call.read(relationships.domain_blocks, call.account_id, pagination.page(call, DOMAINS))
    bounds = (rows[0][0], rows[-1][0]) if rows else (None, None)
    return responses.json([domain for _, domain in rows], headers=pagination.link(call, *bounds))


async def block_domain(call: Call) -> Response:
    """POST /api/v1/domain_blocks."""
    fields = await forms.body(call)
    domain = asked.text(fields.get("domain"), "domain", LONGEST_DOMAIN)
    await call.write(_block_domain, call.account_id, domain)
    return responses.json({})


async def unblock_domain(call: Call) -> Response:
    """DELETE /api/v1/domain_blocks, its domain in the body or the query."""
    fields = await forms.body(call)
    domain = asked.text(fields.get("domain"), "domain", LONGEST_DOMAIN)
    await call.write(_unblock_domain, call.account_id, domain)
    return responses.json({})
