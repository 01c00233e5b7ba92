"""One-time links: to join, to set the house up, to choose a new password, to confirm an address. Only the hash of a link is stored.

It refuses a link that was used, replaced, or is past its date, with the same sentence.
"""

from __future__ import annotations

from datetime import timedelta

from server.core.errors import Conflict, NotFound
from server.core.i18n import N_
from server.core.ids import Ids
from server.core.secrets import hash_token
from server.domain.accounts import Account
from server.domain.signin import MailKind
from server.domain.users import Invitation, Purpose, Role, User
from server.services import accounts, audit, mail, second_factors, signin
from server.store import users as rows
from server.store.session import Unit

LIFETIMES = {
    Purpose.SETUP: timedelta(days=1),
    Purpose.INVITE: timedelta(days=14),
    Purpose.RESET: timedelta(days=1),
    Purpose.EMAIL: timedelta(hours=1),
}
PAGES = (Purpose.SETUP, Purpose.INVITE, Purpose.RESET)
"""What the page of a link can do."""
MAILED_RESET = timedelta(hours=1)
OVER = N_("This link was used, or is no longer valid. Please ask for a new one.")


def make(
    unit: Unit,
    by: str,
    *,
    purpose: Purpose,
    role: Role = Role.MEMBER,
    email: str = "",
    user_id: int | None = None,
    lifetime: timedelta | None = None,
) -> str:
    """A new link's token; `address` makes it a link. by: as in the audit log. Raises Invalid, Conflict."""
    folded = accounts.check_email(email) if email else ""
    if folded and purpose is Purpose.INVITE and rows.find_by_email(unit, folded) is not None:
        raise Conflict("This e-mail address already has an account")
    if purpose is Purpose.SETUP:
        rows.end_invitations(unit, Purpose.SETUP)  # the newest one counts
    text, invitation_id = Ids.token(), unit.new_id()
    rows.add_invitation(
        unit,
        {
            "id": invitation_id,
            "token_hash": hash_token(text),
            "purpose": purpose.value,
            "email": folded,
            "role": role.value,
            "user_id": user_id,
            "created_by": by,
            "created_at": unit.now,
            "expires_at": unit.now + (lifetime or LIFETIMES[purpose]),
        },
    )
    audit.record(unit, by, f"invitation.{purpose.value}", f"invitation:{invitation_id}", role=role.value)
    return text


def address(unit: Unit, text: str) -> str:
    """The link of a token."""
    return f"{unit.context.settings.base}/invitation/{text}"


def invite(unit: Unit, by: str, email: str, role: Role = Role.MEMBER, language: str | None = None) -> str:
    """A link to join; also sent by mail where there is an address and a way to send. Raises Invalid, Conflict."""
    link = address(unit, make(unit, by, purpose=Purpose.INVITE, role=role, email=email))
    if email:
        wanted = language or unit.context.settings.language
        mail.queue(unit, MailKind.INVITATION, accounts.check_email(email), wanted, link)
    return link


def reset_link(
    unit: Unit, by: str, user: User, *, factors: bool = False, lifetime: timedelta | None = None
) -> str:
    """A link with which a person chooses a new password. factors: remove their second factors now."""
    rows.end_invitations(unit, Purpose.RESET, user.id)
    if factors:
        second_factors.remove_all(unit, by, user.id)
    return address(
        unit, make(unit, by, purpose=Purpose.RESET, role=user.role, user_id=user.id, lifetime=lifetime)
    )


def get(unit: Unit, text: str, purposes: tuple[Purpose, ...] = PAGES) -> Invitation:
    """Raises NotFound with the one sentence for every link that does not work, or is for something else."""
    found = rows.find_invitation(unit, hash_token(text))
    if found is None or found.used_at is not None or found.expires_at <= unit.now:
        raise NotFound(OVER)
    if found.purpose not in purposes:
        raise NotFound(OVER)
    if found.purpose is Purpose.SETUP and rows.all_users(unit):
        raise NotFound(OVER)
    return found


def open_ones(unit: Unit) -> list[Invitation]:
    """Links to join that were neither used nor have expired, newest first."""
    return [one for one in rows.open_invitations(unit) if one.purpose is Purpose.INVITE]


def withdraw(unit: Unit, by: str, invitation_id: int) -> None:
    if not rows.use_invitation(unit, invitation_id):
        raise NotFound
    audit.record(unit, by, "invitation.withdraw", f"invitation:{invitation_id}")


def accept(
    unit: Unit,
    text: str,
    *,
    name: str,
    email: str,
    language: str | None,
    password_hash: str | None,
    passkey: second_factors.NewPasskey | None,
) -> tuple[User, Account]:
    """Makes the invited user, who accepted the terms. Raises NotFound, Invalid, Conflict; then nothing is made."""
    invitation = get(unit, text, (Purpose.SETUP, Purpose.INVITE))
    if not rows.use_invitation(unit, invitation.id):
        raise NotFound(OVER)
    user, account = accounts.create_user(
        unit,
        invitation.created_by,
        name,
        invitation.email or email,
        password_hash=password_hash,
        role=invitation.role,
        language=language,
    )
    rows.change(unit, user.id, {"accepted_terms_at": unit.now})
    if passkey is not None:
        second_factors.add_passkey(unit, user.id, passkey, "")
    audit.record(unit, f"user:{user.id}", "invitation.accept", f"invitation:{invitation.id}")
    return user, account


def reset(unit: Unit, text: str, password_hash: str) -> None:
    """Uses a reset link: a new password; sessions and tokens end. Raises NotFound."""
    invitation = get(unit, text, (Purpose.RESET,))
    assert invitation.user_id is not None
    if not rows.use_invitation(unit, invitation.id):
        raise NotFound(OVER)
    signin.reset_password(unit, f"user:{invitation.user_id}", invitation.user_id, password_hash)
