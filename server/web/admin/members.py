"""The people who sign in here: found by name, address, role and state; locked out, suspended, and let go with a hand-over.

Of their apps, browsers and second factors it shows the number alone; of what they write, nothing. Nobody does this to themselves:
whoever does it is left to administer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from server.core.errors import AppError, Invalid, NotFound, NotPermitted
from server.core.i18n import N_
from server.domain.users import MemberState, Role
from server.services import accounts, audit, leaving, members
from server.services.leaving import Moderated
from server.services.members import SHOWN, MemberLine, SignedIn
from server.web.kit import errors, forms, html, responses
from server.web.kit.call import Call
from server.web.kit.entrance import demand_fresh
from server.web.kit.unit import Unit

HERE = "/admin/members"
LONGEST = 100
ROLES: dict[Role, str] = {
    Role.MEMBER: N_("Member"),
    Role.MODERATOR: N_("Moderator"),
    Role.ADMIN: N_("Administrator"),
    Role.AUDITOR: N_("Auditor"),
}
STATES: dict[MemberState, str] = {
    MemberState.ACTIVE: N_("active"),
    MemberState.LEAVING: N_("is about to leave"),
    MemberState.SUSPENDED: N_("suspended"),
    MemberState.LEFT: N_("has left"),
    MemberState.DELETED: N_("deleted"),
}


@dataclass(frozen=True, slots=True)
class _One:
    """A person, with what each action would do."""

    line: MemberLine
    signed_in: SignedIn
    moderated: list[Moderated]
    history: list[dict[str, Any]]


async def index(call: Call) -> Response:
    """By name, a page at a time; a filter that is no choice of the list filters nothing."""
    asked = call.request.query_params
    query = {
        name: asked.get(name, "")[:LONGEST].replace("\0", "") for name in ("q", "role", "state", "after")
    }
    role = Role(query["role"]) if query["role"] in set(Role) else None
    state = MemberState(query["state"]) if query["state"] in set(MemberState) else None
    found = await call.read(members.listed, query["q"].strip(), role, state, query["after"])
    following = ""
    if len(found) > SHOWN:
        following = f"{HERE}?{urlencode(query | {'after': found[SHOWN - 1].account.username})}"
    raw = call.translator.raw
    return html.page(
        call,
        "admin/members.html",
        lines=[_line(call, one) for one in found[:SHOWN]],
        following=following,
        query=query,
        roles=[("", raw(N_("all"))), *((one.value, raw(said)) for one, said in ROLES.items())],
        states=[("", raw(N_("all"))), *((one.value, raw(said)) for one, said in STATES.items())],
    )


async def show(call: Call) -> Response:
    demand_fresh(call)
    return await _page(call, None)


async def change(call: Call) -> Response:
    """Locks out, suspends, lets back in, lets go, or calls that off."""
    demand_fresh(call)
    fields = {name: value for name, value in (await forms.body(call)).items() if isinstance(value, str)}
    try:
        await call.write(_act, _by(call), call.id(), fields)
    except NotFound:
        raise
    except AppError as error:
        return await _page(call, error, fields)
    return responses.redirect(f"{HERE}/{call.id()}")


def _by(call: Call) -> str:
    assert call.session is not None
    return f"user:{call.session.user_id}"


def _act(unit: Unit, by: str, account_id: int, fields: dict[str, str]) -> None:
    one = members.get(unit, account_id)
    if by == f"user:{one.user.id}":
        raise NotPermitted("Somebody else on the staff has to do this for you")
    match fields.get("act"):
        case "lockout":
            accounts.lock_out(unit, by, one.account)
        case "suspend":
            accounts.suspend(unit, by, one.account, fields.get("reason", "").strip()[:500])
        case "unsuspend":
            accounts.unsuspend(unit, by, one.account)
        case "leave":
            _leave(unit, by, one, fields)
        case "stay":
            leaving.call_off(unit, by, one.account)
        case _:
            raise Invalid("Please choose what to do from the list")


def _leave(unit: Unit, by: str, one: MemberLine, fields: dict[str, str]) -> None:
    if fields.get("typed", "").strip().lstrip("@") != one.account.username:
        raise Invalid("Please type the name %(name)s to confirm", name=one.account.username)
    heirs: dict[int, int] = {}
    for each in leaving.moderated(unit, one.account):
        chosen = fields.get(f"heir-{each.group.id}", "")
        if chosen:
            heirs[each.group.id] = forms.number(chosen)
    last_day = fields.get("last_day", "").strip()
    if not last_day:
        leaving.leave(unit, by, one.account, heirs)
        return
    try:
        day = date.fromisoformat(last_day)
    except ValueError:
        raise Invalid("The last day is a date, such as 2026-12-31") from None
    leaving.plan(unit, by, one.account, day, heirs)


def _one(unit: Unit, account_id: int) -> _One:
    line = members.get(unit, account_id)
    return _One(
        line,
        members.signed_in(unit, line.user),
        leaving.moderated(unit, line.account),
        audit.of_target(unit, f"account:{account_id}", 50),
    )


def _line(call: Call, one: MemberLine) -> dict[str, Any]:
    return {
        "account": one.account,
        "user": one.user,
        "role": call.translator.raw(ROLES[one.user.role]),
        "state": call.translator.raw(STATES[one.state]),
    }


async def _page(call: Call, problem: AppError | None, typed: dict[str, str] | None = None) -> Response:
    one = await call.read(_one, call.id())
    state = one.line.state
    return html.page(
        call,
        "admin/member.html",
        problem.status if problem else 200,
        **_line(call, one.line),
        present=state in {MemberState.ACTIVE, MemberState.LEAVING},
        leaving=state is MemberState.LEAVING,
        suspended=state is MemberState.SUSPENDED,
        oneself=_by(call) == f"user:{one.line.user.id}",
        signed_in=one.signed_in,
        moderated=one.moderated,
        history=one.history,
        typed=typed or {},
        error=errors.sentence(problem, call.translator) if problem else None,
    )
