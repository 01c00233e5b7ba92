"""Local actors and the users that own them: made, found, suspended, deleted.

It refuses names that cannot be a handle, names in use, and reserved names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from federation.types import Iri
from server.core.errors import Conflict, Invalid, NotFound
from server.core.ids import Ids
from server.domain.accounts import INSTANCE_ACTOR, Account, AccountKind
from server.domain.changes import ChangeKind
from server.domain.users import Role, User
from server.domain.viewers import Anonymous, Member, Viewer
from server.domain.work import EventKind
from server.services import audit, events, keys
from server.store import accounts as rows
from server.store import memberships, users
from server.store.session import Unit

NAME = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]{0,28}[a-z0-9_])?", re.IGNORECASE)
RESERVED = frozenset(
    {
        INSTANCE_ACTOR,
        "actor",
        "admin",
        "administrator",
        "abuse",
        "postmaster",
        "root",
        "security",
        "support",
        "probe",
    }
)
EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,189}")


def check_name(name: str) -> str:
    """A name for a local actor. Raises Invalid with what is wrong."""
    if not NAME.fullmatch(name):
        raise Invalid("A name has 1 to 30 letters a to z, digits, or _ . - inside")
    if name.casefold() in RESERVED:
        raise Invalid("The name %(name)s is reserved", name=name)
    return name


def check_email(email: str) -> str:
    """The folded address. Raises Invalid."""
    folded = email.strip().casefold()
    if not EMAIL.fullmatch(folded):
        raise Invalid("This is not an e-mail address")
    return folded


def create_actor(unit: Unit, name: str, kind: AccountKind, display_name: str = "") -> Account:
    """Makes a local actor with its keys. Raises Conflict when the name is taken."""
    if rows.find_by_name(unit, name) is not None:
        raise Conflict("The name %(name)s is taken", name=name)
    base = unit.context.settings.base
    public_id = Ids.public()
    uri = f"{base}/actor" if kind is AccountKind.APPLICATION else f"{base}/actors/{public_id}"
    account_id = unit.new_id()
    rows.add(
        unit,
        {
            "id": account_id,
            "public_id": public_id,
            "username": name,
            "domain": "",
            "uri": uri,
            "url": f"{base}/@{name}",
            "kind": kind.value,
            "inbox": f"{uri}/inbox",
            "shared_inbox": f"{base}/inbox",
            "outbox": f"{uri}/outbox",
            "followers_uri": f"{uri}/followers",
            "following_uri": f"{uri}/following",
            "display_name": display_name,
            "created_at": unit.now,
            "default_visibility": "followers",
        },
    )
    keys.make(unit, account_id, uri)
    return get(unit, account_id)


def create_user(
    unit: Unit,
    by: str,
    name: str,
    email: str,
    *,
    password_hash: str | None,
    role: Role,
    display_name: str = "",
    language: str | None = None,
) -> tuple[User, Account]:
    """Makes a user with an account of the same name. Raises Invalid, Conflict."""
    folded = check_email(email)
    if users.find_by_email(unit, folded) is not None:
        raise Conflict("This e-mail address already has an account")
    account = create_actor(unit, check_name(name), AccountKind.PERSON, display_name or name)
    user_id = unit.new_id()
    users.add(
        unit,
        {
            "id": user_id,
            "email": folded,
            "password_hash": password_hash,
            "role": role.value,
            "language": language,
            "account_id": account.id,
            "created_at": unit.now,
        },
    )
    audit.record(unit, by, "account.create", f"account:{account.id}", role=role.value)
    user = users.find(unit, user_id)
    assert user is not None
    return user, account


def ensure_instance_actor(unit: Unit) -> Account:
    """The actor that signs for the whole instance; made at first start."""
    found = rows.find_by_name(unit, INSTANCE_ACTOR)
    return found or create_actor(unit, INSTANCE_ACTOR, AccountKind.APPLICATION, unit.context.settings.title)


def get(unit: Unit, account_id: int) -> Account:
    found = rows.find(unit, account_id)
    if found is None:
        raise NotFound
    return found


def get_local(unit: Unit, name: str) -> Account:
    """A local account that was not deleted. Raises NotFound."""
    found = rows.find_by_name(unit, name.removeprefix("@"))
    if found is None or found.deleted_at is not None:
        raise NotFound("There is no account %(name)s here", name=name[:60])
    return found


def find_by_uri(unit: Unit, uri: str) -> Account | None:
    return rows.find_by_uri(unit, uri)


def find_by_public_id(unit: Unit, public_id: str) -> Account | None:
    return rows.find_by_public_id(unit, public_id)


def many(unit: Unit, ids: list[int]) -> dict[int, Account]:
    return rows.many(unit, ids)


def known_to(unit: Unit, viewer: Viewer, found: Iterable[Account]) -> list[Account]:
    """Those of the accounts that the viewer may learn of: a secret group exists for its members and whom it invited."""
    listed = list(found)
    groups = [one.id for one in listed if one.kind is AccountKind.GROUP]
    if not groups:
        return listed
    viewer_id = viewer.account_id if isinstance(viewer, Member) else None
    known = memberships.known_groups(unit, viewer_id, groups)
    return [one for one in listed if one.kind is not AccountKind.GROUP or one.id in known]


def suspend(unit: Unit, by: str, account: Account, reason: str = "") -> None:
    """Stops an account, local or remote: it can neither act nor be seen. Can be undone."""
    rows.change(unit, account.id, {"suspended_at": unit.now})
    audit.record(unit, by, "account.suspend", f"account:{account.id}", reason=reason)
    _told(unit, account)


def unsuspend(unit: Unit, by: str, account: Account) -> None:
    rows.change(unit, account.id, {"suspended_at": None})
    audit.record(unit, by, "account.unsuspend", f"account:{account.id}")
    _told(unit, account)


def lock_out(unit: Unit, by: str, account: Account) -> int:
    """Ends all of a user's sessions and tokens. Answers how many tokens."""
    user = users.find_by_account(unit, account.id)
    if user is None:
        raise NotFound
    revoked = users.revoke_tokens(unit, user_id=user.id)
    users.end_sessions(unit, user.id)
    for token_id in revoked:
        unit.changed(ChangeKind.TOKEN, token_id)
    unit.changed(ChangeKind.USER, user.id)
    audit.record(unit, by, "account.lockout", f"account:{account.id}", tokens=len(revoked))
    return len(revoked)


def delete(unit: Unit, by: str, account: Account) -> None:
    """Deletes a local account: its name stays taken, peers are told, tokens end."""
    rows.change(
        unit,
        account.id,
        {
            "deleted_at": unit.now,
            "suspended_at": unit.now,
            "display_name": "",
            "note": "",
            "note_source": "",
            "fields": [],
        },
    )
    user = users.find_by_account(unit, account.id)
    if user is not None:
        users.revoke_tokens(unit, user_id=user.id)
        users.end_sessions(unit, user.id)
        users.change(
            unit, user.id, {"disabled_at": unit.now, "password_hash": None, "email": f"deleted-{user.id}"}
        )
        unit.changed(ChangeKind.USER, user.id)
    events.happened(unit, EventKind.ACTOR_DELETED, account_id=account.id)
    audit.record(unit, by, "account.delete", f"account:{account.id}")
    _told(unit, account)


def _told(unit: Unit, account: Account) -> None:
    unit.changed(ChangeKind.ACCOUNT, account.id)
    user = users.find_by_account(unit, account.id) if account.local else None
    if user is not None:
        unit.changed(ChangeKind.USER, user.id)


def may_read(unit: Unit, account_id: int) -> bool:
    """Whether a member here may still be shown anything: neither suspended nor gone, and with a login that is open."""
    found, user = rows.find(unit, account_id), users.find_by_account(unit, account_id)
    return found is not None and not found.gone and (user is None or user.disabled_at is None)


def owner(unit: Unit, account: Account) -> User | None:
    """The user that signs in for a local account."""
    return users.find_by_account(unit, account.id)


def uri_of(unit: Unit, account_id: int) -> Iri:
    return get(unit, account_id).uri


def get_instance_actor(unit: Unit) -> Account:
    """The actor of the whole instance. Raises NotFound before the first start."""
    found = rows.find_by_name(unit, INSTANCE_ACTOR)
    if found is None:
        raise NotFound
    return found


def find_for_webfinger(unit: Unit, name: str | None, iri: Iri | None) -> Account | None:
    """A local account by handle, id or page, for anybody who asks. The instance goes by its host as well.

    A secret group is never named: whom it invites is told its id, and the question carries no signature.
    """
    found = None
    if name is not None:
        own_host = name.casefold() == unit.context.settings.domain.rsplit(":", 1)[0]
        found = rows.find_by_name(unit, INSTANCE_ACTOR if own_host else name)
    elif iri is not None:
        page = f"{unit.context.settings.base}/@"
        found = (
            rows.find_by_name(unit, iri.removeprefix(page))
            if iri.startswith(page)
            else rows.find_by_uri(unit, iri)
        )
    if found is None or found.gone or not found.local:
        return None
    return next(iter(known_to(unit, Anonymous(), [found])), None)


def find_local(unit: Unit, name: str) -> Account | None:
    return rows.find_by_name(unit, name)
