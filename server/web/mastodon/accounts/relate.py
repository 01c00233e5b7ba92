"""Follow, block, mute, their opposites, and a private note about an account."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from starlette.responses import Response

from server.domain.accounts import Account, Relationship
from server.domain.viewers import Member
from server.services import accounts, endorsements, groups, relationships
from server.web.kit import forms, responses
from server.web.kit.call import Call
from server.web.kit.routing import Handler
from server.web.kit.unit import Unit
from server.web.mastodon import asked
from server.web.mastodon.accounts.show import shown
from server.web.mastodon.rendering import accounts as rendering

LONGEST_NOTE = 20_000
LONGEST_MUTE = 10 * 365 * 24 * 3600

Act = Callable[[Unit, Account, Account], object]


async def acted(call: Call, act: Act) -> Response:
    """Acts on the account of the path and answers the relationship as it is then."""

    def unit_of(unit: Unit, by_id: int, target_id: int) -> Relationship:
        act(unit, accounts.get(unit, by_id), shown(unit, Member(by_id), target_id))
        return relationships.relationships(unit, by_id, [target_id])[0]

    found = await call.write(unit_of, call.account_id, call.id())
    return responses.json(rendering.relationship(found))


def acting(act: Act) -> Handler:
    async def handler(call: Call) -> Response:
        return await acted(call, act)

    return handler


unfollow = acting(groups.unfollow)
block = acting(groups.block)
unblock = acting(relationships.unblock)
unmute = acting(relationships.unmute)
remove_follower = acting(lambda unit, by, target: relationships.remove_follower(unit, by, target.id))
endorse = acting(endorsements.endorse)
unendorse = acting(endorsements.withdraw)
authorize = acting(lambda unit, by, target: relationships.accept_request(unit, by, target.id))
reject = acting(lambda unit, by, target: relationships.reject_request(unit, by, target.id))


async def follow(call: Call) -> Response:
    """POST /api/v1/accounts/:id/follow: also changes what a follow shows."""
    fields = await forms.body(call)
    reblogs = forms.truth(fields.get("reblogs"))
    notify = forms.truth(fields.get("notify"))
    languages = tuple(asked.words(fields["languages"])) if "languages" in fields else None

    def act(unit: Unit, by: Account, target: Account) -> None:
        groups.follow(unit, by, target, reblogs=reblogs, notify=notify, languages=languages)

    return await acted(call, act)


async def mute(call: Call) -> Response:
    """POST /api/v1/accounts/:id/mute. duration: seconds; 0 is for ever."""
    fields = await forms.body(call)
    hides = forms.truth(fields.get("notifications")) is not False
    seconds = min(asked.optional_number(fields.get("duration"), "duration") or 0, LONGEST_MUTE)
    duration = timedelta(seconds=seconds) if seconds else None

    def act(unit: Unit, by: Account, target: Account) -> None:
        relationships.mute(unit, by, target, notifications=hides, duration=duration)

    return await acted(call, act)


async def note(call: Call) -> Response:
    """POST /api/v1/accounts/:id/note."""
    fields = await forms.body(call)
    comment = asked.text(fields.get("comment"), "comment", LONGEST_NOTE)
    return await acted(call, lambda unit, by, target: relationships.note(unit, by, target, comment))
