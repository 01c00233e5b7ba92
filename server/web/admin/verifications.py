"""Who asks to be verified, what a request says, and the decision: by one person, or by two.

Register numbers and documents are shown one at a time, on demand; each look is recorded. All of it wants a fresh second
factor, as it gives people access to what colleagues say of patients.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from server.core.errors import AppError, Invalid, NotFound
from server.core.i18n import N_
from server.domain.accounts import Account
from server.domain.verification import Method, Verification, VerificationState
from server.registries.identifiers import Checked, Fit, Register
from server.services import accounts, audit, verification
from server.services.verification import Decision, words
from server.web.kit import errors, forms, html, pictures, responses
from server.web.kit.call import Call
from server.web.kit.entrance import demand_fresh
from server.web.kit.media_kinds import kind_of
from server.web.kit.unit import Unit

HERE = "/admin/verifications"
WAITING = (VerificationState.REQUESTED, VerificationState.SECONDING)
STATES: dict[VerificationState, str] = {
    VerificationState.REQUESTED: N_("waits for a decision"),
    VerificationState.SECONDING: N_("waits for a second person"),
    VerificationState.GRANTED: N_("holds"),
    VerificationState.REFUSED: N_("refused"),
    VerificationState.REVOKED: N_("revoked"),
    VerificationState.EXPIRED: N_("has run out"),
}
FITS: dict[Fit, str] = {
    Fit.FITS: N_("form and check digit are right; that says nothing of who holds it"),
    Fit.DOUBTFUL: N_("does not look as numbers of this register usually do"),
    Fit.WRONG: N_("is no number of this register"),
    Fit.UNKNOWN: N_("nothing is known of this register's numbers"),
}


@dataclass(frozen=True, slots=True)
class _One:
    """A verification with whose it is. history: what was done to it. fit: how its number fits the register."""

    found: Verification
    account: Account
    history: list[dict[str, Any]]
    fit: Fit | None


async def index(call: Call) -> Response:
    """What waits, the oldest first, with its age; then what holds."""
    waiting, holding = await call.read(_lists)
    return html.page(
        call,
        "admin/verifications.html",
        waiting=[_line(call, *one) for one in waiting],
        holding=[_line(call, *one) for one in holding],
    )


async def show(call: Call) -> Response:
    demand_fresh(call)
    return await _page(call, None)


async def decide(call: Call) -> Response:
    """Grants, confirms as the second, refuses, revokes, or shows the register number once."""
    demand_fresh(call)
    fields = {name: value for name, value in (await forms.body(call)).items() if isinstance(value, str)}
    by, found_id = _by(call), call.id()
    number: Checked | None = None
    try:
        match fields.get("act"):
            case "grant":
                await call.write(verification.grant, by, found_id, _decision(fields))
            case "second":
                await call.write(verification.second, by, found_id)
            case "refuse":
                await call.write(verification.refuse, by, found_id, _reason(fields))
            case "revoke":
                await call.write(_revoke, by, found_id, _reason(fields), fields.get("typed", ""))
            case "number":
                number = await call.write(verification.number, by, found_id)
            case _:
                raise Invalid("Please choose what to do from the list")
    except NotFound:
        raise
    except AppError as error:
        return await _page(call, error, typed=fields)
    if number is not None:
        return await _page(call, None, number=number)
    return responses.redirect(f"{HERE}/{found_id}")


async def document(call: Call) -> Response:
    """The picture of a document, opened for this answer alone."""
    demand_fresh(call)
    digest = await call.write(verification.document_of, _by(call), call.id())
    data = await pictures.open_sealed(call, verification.DOCUMENT, digest)
    if data is None:
        raise NotFound
    kind = kind_of(data)
    return Response(
        data, 200, {"Content-Disposition": "inline", "Content-Security-Policy": "default-src 'none'"}, kind
    )


def _by(call: Call) -> str:
    assert call.session is not None
    return f"user:{call.session.user_id}"


def _decision(fields: dict[str, str]) -> Decision:
    level, method, days = fields.get("level", ""), fields.get("method", ""), fields.get("days", "").strip()
    if level not in {str(one) for one in words.STANDINGS}:
        raise Invalid(N_("Please choose what was found from the list"))
    if method not in list(Method):
        raise Invalid("Please choose how this was checked")
    if days and not (days.isascii() and days.isdecimal() and len(days) < 5):
        raise Invalid(N_("How many days it holds is a number"))
    return Decision(
        int(level),
        Method(method),
        fields.get("identity", ""),
        fields.get("authenticator", ""),
        fields.get("evidence", "").strip(),
        int(days) if days else None,
    )


def _reason(fields: dict[str, str]) -> str:
    """The member reads it, so there is one."""
    reason = fields.get("reason", "").strip()
    if not reason:
        raise Invalid(N_("Please give a reason: the member reads it"))
    return reason


def _revoke(unit: Unit, by: str, found_id: int, reason: str, typed: str) -> None:
    name = accounts.get(unit, verification.get(unit, found_id).account_id).username
    if typed.strip().lstrip("@") != name:
        raise Invalid("Please type the name %(name)s to confirm", name=name)
    verification.revoke(unit, by, found_id, reason)


def _lists(unit: Unit) -> tuple[list[tuple[Verification, Account]], list[tuple[Verification, Account]]]:
    def named(found: list[Verification]) -> list[tuple[Verification, Account]]:
        return [(one, accounts.get(unit, one.account_id)) for one in found]

    return named(verification.waiting(unit)), named(
        verification.listed(unit, (VerificationState.GRANTED,), 500)
    )


def _one(unit: Unit, found_id: int) -> _One:
    found = verification.get(unit, found_id)
    return _One(
        found,
        accounts.get(unit, found.account_id),
        audit.of_target(unit, f"verification:{found.id}", 50),
        verification.fit(unit, found.id),
    )


def _line(call: Call, found: Verification, account: Account) -> dict[str, Any]:
    return {
        "found": found,
        "account": account,
        "title": words.title(found.profession, found.specialties, call.translator),
        "state": call.translator.raw(STATES[found.state]),
        "checked": words.what_was_checked(found, call.context.settings.title, call.translator)
        if found.state is VerificationState.GRANTED
        else "",
    }


async def _page(
    call: Call,
    problem: AppError | None,
    *,
    typed: dict[str, str] | None = None,
    number: Checked | None = None,
) -> Response:
    translator = call.translator
    one = await call.read(_one, call.id())
    found = one.found
    return html.page(
        call,
        "admin/verification.html",
        problem.status if problem else 200,
        **_line(call, found, one.account),
        requested=found.state is VerificationState.REQUESTED,
        seconding=found.state is VerificationState.SECONDING,
        holds=found.state is VerificationState.GRANTED,
        first_by_reader=found.decided_by == _by(call),
        register=translator.raw(words.REGISTERS[Register(found.register)]) if found.number_sealed else "",
        fit=translator.raw(FITS[one.fit]) if one.fit else "",
        number=number.number if number else "",
        proposed=translator.raw(words.STANDINGS.get(found.level, "")),
        against=words.against(found, translator) if found.decided_at else "",
        standings=[(str(level), translator.raw(said)) for level, said in words.STANDINGS.items()],
        methods=[(one.value, translator.raw(said)) for one, said in words.METHODS.items()],
        identities=[("", ""), *((one, translator.raw(said)) for one, said in words.IDENTITY_LEVELS.items())],
        authenticators=[
            ("", ""),
            *((one, translator.raw(said)) for one, said in words.AUTHENTICATOR_LEVELS.items()),
        ],
        seconded=verification.SECONDED,
        history=one.history,
        typed=typed or {},
        error=errors.sentence(problem, translator) if problem else None,
    )
