"""The caller's lists and who is on them."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from server.core.errors import Invalid
from server.domain.lists import AccountList, RepliesPolicy
from server.services import lists
from server.web.kit import forms, pagination, responses
from server.web.kit.call import Call
from server.web.mastodon import answers, asked
from server.web.mastodon.entities import nouns as entities

LONGEST_TITLE = 1000


def entity(one: AccountList) -> entities.UserList:
    return entities.UserList(str(one.id), one.title, one.replies_policy.value, one.exclusive)


async def index(call: Call) -> Response:
    """GET /api/v1/lists."""
    return responses.json([entity(one) for one in await call.read(lists.all_of, call.account_id)])


async def show(call: Call) -> Response:
    """GET /api/v1/lists/:id."""
    return responses.json(entity(await call.read(lists.get, call.account_id, call.id())))


async def holding(call: Call) -> Response:
    """GET /api/v1/accounts/:id/lists."""
    found = await call.read(lists.holding, call.account_id, call.id())
    return responses.json([entity(one) for one in found])


async def create(call: Call) -> Response:
    """POST /api/v1/lists."""
    title, policy, exclusive = _fields(await forms.body(call))
    made = await call.write(
        lists.make, call.account_id, title, policy or RepliesPolicy.LIST, exclusive=exclusive is True
    )
    return responses.json(entity(made))


async def update(call: Call) -> Response:
    """PUT /api/v1/lists/:id."""
    title, policy, exclusive = _fields(await forms.body(call))
    changed = await call.write(
        lists.change,
        call.account_id,
        call.id(),
        title=title or None,
        replies_policy=policy,
        exclusive=exclusive,
    )
    return responses.json(entity(changed))


async def delete(call: Call) -> Response:
    """DELETE /api/v1/lists/:id."""
    await call.write(lists.delete, call.account_id, call.id())
    return responses.json({})


async def members(call: Call) -> Response:
    """GET /api/v1/lists/:id/accounts."""
    page = pagination.page(call, pagination.ACCOUNTS)
    return answers.account_rows(call, await call.read(lists.members, call.account_id, call.id(), page))


async def add(call: Call) -> Response:
    """POST /api/v1/lists/:id/accounts."""
    fields = await forms.body(call)
    await call.write(lists.add_members, call.account_id, call.id(), asked.ids(fields.get("account_ids")))
    return responses.json({})


async def remove(call: Call) -> Response:
    """DELETE /api/v1/lists/:id/accounts, its ids in the body or the query."""
    fields = await forms.body(call)
    await call.write(lists.remove_members, call.account_id, call.id(), asked.ids(fields.get("account_ids")))
    return responses.json({})


def _fields(fields: dict[str, Any]) -> tuple[str, RepliesPolicy | None, bool | None]:
    policy = fields.get("replies_policy")
    if policy and str(policy) not in set(RepliesPolicy):
        raise Invalid("Validation failed: %(field)s is not of the right form", field="replies_policy")
    title = asked.text(fields.get("title"), "title", LONGEST_TITLE).strip()
    return title, RepliesPolicy(str(policy)) if policy else None, forms.truth(fields.get("exclusive"))
