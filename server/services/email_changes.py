"""A person's change of e-mail address: the new one proves itself by a mailed link, the old one is told.

Where the instance sends no mail there is nothing to prove it with, and the change counts at once.
"""

from __future__ import annotations

from enum import StrEnum

from server.core.errors import Conflict, Invalid, NotFound
from server.domain.signin import MailKind
from server.domain.users import Purpose, User
from server.services import attempts, audit, invitations, mail, signin
from server.services.accounts import check_email
from server.store import users as rows
from server.store.session import Unit


class Asked(StrEnum):
    """What asking for another address came to."""

    CHANGED = "changed"
    MAILED = "mailed"


def ask(unit: Unit, user_id: int, email: str) -> Asked:
    """Raises Invalid, Conflict, RateLimited."""
    folded = check_email(email)
    attempts.count(unit, "email", str(user_id))
    user = signin.get_user(unit, user_id)
    if folded == user.email:
        raise Invalid("This is your address already")
    _check_free(unit, folded)
    if not mail.possible(unit):
        _change(unit, user, folded)
        return Asked.CHANGED
    rows.end_invitations(unit, Purpose.EMAIL, user_id)
    text = invitations.make(
        unit, f"user:{user_id}", purpose=Purpose.EMAIL, role=user.role, email=folded, user_id=user_id
    )
    link = f"{unit.context.settings.base}/settings/email/{text}"
    mail.queue(unit, MailKind.EMAIL, folded, _language(unit, user), link)
    return Asked.MAILED


def pending(unit: Unit, user_id: int, text: str) -> str:
    """The address that a mailed link is for. Raises NotFound where the link is over, or another person's."""
    found = invitations.get(unit, text, (Purpose.EMAIL,))
    if found.user_id != user_id:
        raise NotFound(invitations.OVER)
    return found.email


def confirm(unit: Unit, user_id: int, text: str) -> None:
    """Uses a mailed link. Raises NotFound, Conflict."""
    email = pending(unit, user_id, text)
    _check_free(unit, email)
    if not rows.use_invitation(unit, invitations.get(unit, text, (Purpose.EMAIL,)).id):
        raise NotFound(invitations.OVER)
    _change(unit, signin.get_user(unit, user_id), email)


def _check_free(unit: Unit, email: str) -> None:
    if rows.find_by_email(unit, email) is not None:
        raise Conflict("This e-mail address already has an account")


def _change(unit: Unit, user: User, email: str) -> None:
    rows.change(unit, user.id, {"email": email})
    # a link for a new password that went to the old address must not open the account
    rows.end_invitations(unit, Purpose.RESET, user.id)
    audit.record(unit, f"user:{user.id}", "user.email", f"user:{user.id}")
    link = f"{unit.context.settings.base}/settings/sessions"
    mail.queue(unit, MailKind.EMAIL_CHANGED, user.email, _language(unit, user), link)


def _language(unit: Unit, user: User) -> str:
    return user.language or unit.context.settings.language
