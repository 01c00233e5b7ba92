"""Asking for a new password by mail."""

from __future__ import annotations

from server.domain.signin import MailKind
from server.services import attempts, invitations, mail, signin
from server.services.accounts import check_email
from server.store.session import Unit


def ask(unit: Unit, email: str) -> None:
    """Queues a link for the user of an address; the same answer where there is none. Raises Invalid, RateLimited."""
    folded = check_email(email)
    attempts.count(unit, "lost", folded)
    user = signin.find(unit, folded)
    if user is None:
        return
    link = invitations.reset_link(unit, "mail", user, lifetime=invitations.MAILED_RESET)
    mail.queue(unit, MailKind.RESET, user.email, user.language or unit.context.settings.language, link)
