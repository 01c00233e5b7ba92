"""The groups that live here, in numbers; a new one; the end of one. Who is in them and what is said is for their members: the role of an administrator opens neither.

Whoever founds a group for others names a verified member, who moderates it from then on.
"""

from __future__ import annotations

from starlette.responses import Response

from server.core.errors import AppError, Invalid, NotFound, StepUpRequired
from server.core.i18n import N_
from server.domain.boundary import GroupAccess
from server.domain.groups import Admission
from server.services import accounts
from server.services.groups import Settings, create, dissolve
from server.services.groups.overview import Counted, counted
from server.web.kit import errors, forms, html, responses
from server.web.kit.call import Call
from server.web.kit.entrance import demand_fresh
from server.web.kit.unit import Unit

HERE = "/admin/groups"
FIELDS = ("title", "name", "access", "admission", "about", "rules", "days", "listed")
ACCESS: dict[GroupAccess, str] = {
    GroupAccess.CLOSED: N_("closed"),
    GroupAccess.SECRET: N_("secret"),
    GroupAccess.OPEN: N_("open"),
}
ADMISSION: dict[Admission, str] = {
    Admission.MODERATED: N_("Its moderators decide on each request"),
    Admission.AUTOMATIC: N_("Whoever is verified is let in at once"),
}


async def index(call: Call) -> Response:
    return await _page(call, None, {})


async def found(call: Call) -> Response:
    """A new group, moderated by a member here."""
    fields = await _fields(call)
    try:
        await call.write(_found, _by(call), fields)
    except AppError as error:
        return await _page(call, error, fields)
    return responses.redirect(HERE)


async def show(call: Call) -> Response:
    """One group, and how it ends."""
    return await _one_page(call, None)


async def end(call: Call) -> Response:
    """Dissolves it: wants its name and a fresh second factor."""
    demand_fresh(call)
    fields = await _fields(call)
    try:
        await call.write(_end, _by(call), _own(call), call.id(), fields.get("typed", ""))
    except (NotFound, StepUpRequired):
        raise
    except AppError as error:
        return await _one_page(call, error)
    return responses.redirect(HERE)


async def _fields(call: Call) -> dict[str, str]:
    return {name: value for name, value in (await forms.body(call)).items() if isinstance(value, str)}


def _by(call: Call) -> str:
    assert call.session is not None
    return f"user:{call.session.user_id}"


def _own(call: Call) -> int:
    assert call.session is not None
    return call.session.account_id


def _found(unit: Unit, by: str, fields: dict[str, str]) -> None:
    access, admission = fields.get("access", ""), fields.get("admission", "")
    if access not in set(ACCESS) or admission not in set(ADMISSION):
        raise Invalid("Please choose what to do from the list")
    days = fields.get("days", "").strip()
    if days and not forms.number(days):
        raise Invalid("A time to keep is a number of days, 0 for ever")
    founder = fields.get("founder", "").strip().lstrip("@")
    if not founder:
        raise Invalid("Name somebody here who moderates it")
    settings = Settings(
        title=fields.get("title", "").strip(),
        about=fields.get("about", ""),
        rules=fields.get("rules", ""),
        access=GroupAccess(access),
        admission=Admission(admission),
        retention_days=forms.number(days),
        listed=bool(fields.get("listed")),
    )
    create(unit, by, fields.get("name", "").strip().lstrip("@"), settings, accounts.get_local(unit, founder))


def _end(unit: Unit, by: str, account_id: int, group_id: int, typed: str) -> None:
    one = _one(unit, account_id, group_id)
    if typed.strip().lstrip("@") != one.account.username:
        raise Invalid("Please type the name %(name)s to confirm", name=one.account.username)
    dissolve(unit, by, one.account)


def _read(unit: Unit, account_id: int) -> tuple[list[Counted], int]:
    return counted(unit, accounts.get(unit, account_id))


def _one(unit: Unit, account_id: int, group_id: int) -> Counted:
    """A secret group is not there for whoever is not in it. Raises NotFound."""
    listed, _ = _read(unit, account_id)
    one = next((each for each in listed if each.account.id == group_id), None)
    if one is None:
        raise NotFound
    return one


async def _page(call: Call, problem: AppError | None, typed: dict[str, str]) -> Response:
    listed, secret = await call.read(_read, _own(call))
    own = await call.read(accounts.get, _own(call))
    raw = call.translator.raw
    return html.page(
        call,
        "admin/groups.html",
        problem.status if problem else 200,
        found=[(one, raw(ACCESS[one.group.access])) for one in listed],
        secret=secret,
        accesses=[(one.value, raw(words)) for one, words in ACCESS.items()],
        admissions=[(one.value, raw(words)) for one, words in ADMISSION.items()],
        typed={**dict.fromkeys(FIELDS, ""), "founder": own.username, **typed},
        error=errors.sentence(problem, call.translator) if problem else None,
    )


async def _one_page(call: Call, problem: AppError | None) -> Response:
    one = await call.read(_one, _own(call), call.id())
    return html.page(
        call,
        "admin/group.html",
        problem.status if problem else 200,
        one=one,
        access=call.translator.raw(ACCESS[one.group.access]),
        error=errors.sentence(problem, call.translator) if problem else None,
    )
