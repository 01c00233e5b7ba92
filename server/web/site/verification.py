"""A member's own page about their profession: what was checked, and the form to ask for it.

A register number is stored sealed and never shown again here; a document is stored sealed and erased after the decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import UploadFile
from starlette.responses import Response

from server.core.errors import AppError, Invalid
from server.core.i18n import N_, Translator
from server.domain.verification import Verification, VerificationState
from server.registries.identifiers import Fit, Register
from server.services import accounts, verification
from server.services.verification import Claim, words
from server.web.kit import errors, forms, html, pictures, responses
from server.web.kit.call import Call
from server.web.kit.unit import Unit
from server.web.site.security import signed

HERE = "/verification"
FITS: dict[Fit, str] = {
    Fit.FITS: N_("The number has the form of that register, and its check digit is right."),
    Fit.DOUBTFUL: N_(
        "The number does not look as numbers of that register usually do: somebody looks at it."
    ),
    Fit.UNKNOWN: N_("The number cannot be checked by itself: somebody looks at it."),
}
OPEN = (VerificationState.REQUESTED, VerificationState.SECONDING)


@dataclass(frozen=True, slots=True)
class _View:
    """held: what holds now. latest: the newest request, whatever became of it. fit: of its number."""

    held: Verification | None
    latest: Verification | None
    fit: Fit | None


async def show(call: Call) -> Response:
    return await _page(call, None, {})


async def ask(call: Call) -> Response:
    """All of the form becomes a request, or nothing of it."""
    session = signed(call)
    fields = await forms.body(call)
    try:
        claim = _claim(fields)
        await call.read(_check, session.account_id, claim)
        await call.write(_ask, session.account_id, claim, await _document(call, fields))
    except AppError as error:
        return await _page(call, error, fields)
    return responses.redirect(HERE)


def choices(names: Mapping[Any, Any], translator: Translator) -> list[tuple[str, str]]:
    """The words of a closed list, as a form offers them, in the order of the reader's language."""
    shown = [
        (str(word), translator.raw(name if isinstance(name, str) else name[0]))
        for word, name in names.items()
    ]
    return sorted(shown, key=lambda one: one[1].casefold())


def _claim(fields: dict[str, Any]) -> Claim:
    register = str(fields.get("register", ""))
    if register and register not in list(Register):
        raise Invalid(N_("Please choose a register from the list"))
    return Claim(
        str(fields.get("profession", "")),
        tuple(dict.fromkeys(str(one) for one in forms.listed(fields.get("specialties")) if one)),
        str(fields.get("jurisdiction", "")).strip().upper(),
        Register(register) if register else Register.OTHER,
        str(fields.get("number", "")),
    )


async def _document(call: Call, fields: dict[str, Any]) -> str | None:
    """The digest of the sealed picture of a document; None where none was sent. Raises Invalid."""
    file = fields.get("document")
    if not isinstance(file, UploadFile) or not (file.size or file.filename):
        return None
    made = await pictures.cleaned(call, file)
    return await pictures.keep_sealed(call, verification.DOCUMENT, made.original.data)


def _check(unit: Unit, account_id: int, claim: Claim) -> None:
    verification.check_claim(accounts.get(unit, account_id), claim)


def _ask(unit: Unit, account_id: int, claim: Claim, document: str | None) -> None:
    verification.request(unit, accounts.get(unit, account_id), claim, document)


def _view(unit: Unit, account_id: int) -> _View:
    account = accounts.get(unit, account_id)
    asked = verification.of_account(unit, account.id)
    latest = asked[0] if asked else None
    fit = verification.fit(unit, latest.id) if latest is not None and latest.state in OPEN else None
    return _View(verification.current(unit, account), latest, fit)


async def _page(call: Call, problem: AppError | None, typed: dict[str, Any]) -> Response:
    translator = call.translator
    view = await call.read(_view, signed(call).account_id)
    latest = view.latest
    return html.page(
        call,
        "site/verification.html",
        problem.status if problem else 200,
        checked=words.what_was_checked(view.held, call.context.settings.title, translator)
        if view.held
        else None,
        latest=latest,
        waits=latest is not None and latest.state in OPEN,
        refused=latest is not None and latest.state is VerificationState.REFUSED,
        revoked=latest is not None and latest.state is VerificationState.REVOKED,
        asked=words.title(latest.profession, latest.specialties, translator) if latest else "",
        fit=translator.raw(FITS[view.fit]) if view.fit in FITS else "",
        professions=[("", ""), *choices(words.PROFESSIONS, translator)],
        specialties=choices(words.SPECIALTIES, translator),
        registers=[("", ""), *choices(words.REGISTERS, translator)],
        typed={name: value for name, value in typed.items() if isinstance(value, str)},
        chosen=[str(one) for one in forms.listed(typed.get("specialties"))],
        keeps=verification.KEEP_DOCUMENT.days,
        error=errors.sentence(problem, translator) if problem else None,
    )
