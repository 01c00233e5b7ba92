"""What a person does with a status: favourite, boost, bookmark, pin, mute its thread; and who did."""

from __future__ import annotations

from collections.abc import Callable

from starlette.responses import Response

from server.domain.accounts import Account
from server.domain.posts import Post, Visibility
from server.domain.viewers import Member
from server.services import accounts, interactions
from server.services.posts.refusals import Asked
from server.web.kit import forms
from server.web.kit.call import Call
from server.web.kit.routing import Handler
from server.web.kit.sight import Sight, see_one
from server.web.kit.unit import Unit
from server.web.mastodon import answers
from server.web.mastodon.accounts.own import VISIBILITIES
from server.web.mastodon.statuses.refused import telling

Action = Callable[[Unit, Account, int], Post]


def _action(act: Action) -> Handler:
    """A handler that acts on a visible post and answers it with the caller's new marks."""

    def unit_of(unit: Unit, by: int, post_id: int) -> Sight:
        post = act(unit, accounts.get(unit, by), post_id)
        return see_one(unit, Member(by), post)

    async def handler(call: Call) -> Response:
        return answers.one_status(call, await call.write(unit_of, call.account_id, call.id()))

    return handler


favourite = _action(interactions.favourite)
unfavourite = _action(interactions.unfavourite)
unreblog = _action(interactions.unboost)
bookmark = _action(interactions.bookmark)
unbookmark = _action(interactions.unbookmark)
pin = _action(interactions.pin)
unpin = _action(interactions.unpin)
mute = _action(interactions.mute_thread)
unmute = _action(interactions.unmute_thread)


def _reblog(unit: Unit, by: int, post_id: int, visibility: Visibility | None) -> Sight:
    post = interactions.boost(unit, accounts.get(unit, by), post_id, visibility)
    return see_one(unit, Member(by), post)


async def reblog(call: Call) -> Response:
    """POST /api/v1/statuses/:id/reblog: answers the wrapper."""
    fields = await forms.body(call)
    visibility = VISIBILITIES.get(str(fields.get("visibility", "")))
    boosted = telling(call, Asked.BOOST, call.write(_reblog, call.account_id, call.id(), visibility))
    return answers.one_status(call, await boosted)
