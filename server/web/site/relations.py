"""How a member stands to others, a form each: follow, mute, block, each undone; and answers to who asks to follow."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from starlette.responses import Response

from server.core.errors import Invalid, NotFound
from server.domain.accounts import Account, AccountKind
from server.domain.viewers import Member
from server.services import accounts, relationships
from server.web.kit import forms, html, responses
from server.web.kit.call import Call
from server.web.kit.unit import Unit
from server.web.site.security import signed

Act = Callable[[Unit, Account, Account], object]


def _accept(unit: Unit, by: Account, other: Account) -> None:
    relationships.accept_request(unit, by, other.id)


def _reject(unit: Unit, by: Account, other: Account) -> None:
    relationships.reject_request(unit, by, other.id)


ACTS: Mapping[str, Act] = {
    "follow": relationships.follow,
    "unfollow": relationships.unfollow,
    "mute": relationships.mute,
    "unmute": relationships.unmute,
    "block": relationships.block,
    "unblock": relationships.unblock,
    "accept": _accept,
    "reject": _reject,
}


async def change(call: Call) -> Response:
    """Does it, and goes back to where the button stood."""
    fields = await forms.body(call)
    act = ACTS.get(str(fields.get("act", "")))
    if act is None:
        raise Invalid("Nothing can be done about a person that is called so")
    await call.write(_change, signed(call).account_id, call.id(), act)
    return responses.redirect(html.safe_next(str(fields.get("back", ""))))


def _change(unit: Unit, account_id: int, other_id: int, act: Act) -> None:
    act(unit, accounts.get(unit, account_id), person(unit, account_id, other_id))


def person(unit: Unit, account_id: int, other_id: int) -> Account:
    """An account that the member may know of. Raises NotFound; groups have pages of their own."""
    found = accounts.get(unit, other_id)
    known = accounts.known_to(unit, Member(account_id), [found])
    if found.gone or not known or found.kind in {AccountKind.GROUP, AccountKind.APPLICATION}:
        raise NotFound
    return found
