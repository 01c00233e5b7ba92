"""A person's account moves to another: here, or on a connected instance. And the names it had before.

Both sides say so: the old account names the new one, the new one lists the old one among its aliases. It refuses a move
to an account that does not, and one that has moved on itself.
"""

from __future__ import annotations

from federation.types import Iri
from server.core.errors import Conflict, Invalid, NotFound
from server.domain.accounts import Account, AccountKind
from server.domain.changes import ChangeKind
from server.domain.work import EventKind
from server.services import audit, events, relationships
from server.store import accounts as rows
from server.store.session import Unit

MOST_ALIASES = 20
PEOPLE = (AccountKind.PERSON, AccountKind.SERVICE)
"""Who may be moved to: who a group is, is not for everybody to see."""


def move(unit: Unit, by: str, account: Account, target: Account) -> int:
    """Followers follow the new account: those here at once, those elsewhere by the Move that they get.

    target: as its own instance describes it now. Answers how many followed from here. Raises Invalid, Conflict.
    """
    _check_person(account)
    if target.id == account.id:
        raise Invalid("An account cannot move to itself")
    if account.moved_to_uri is not None:
        raise Conflict("@%(name)s has moved already", name=account.username)
    if target.gone or target.kind not in PEOPLE or target.moved_to_uri is not None:
        raise Invalid("@%(name)s cannot be moved to", name=target.acct)
    if account.uri not in target.also_known_as:
        raise Invalid(
            "@%(name)s does not name %(uri)s among its aliases. Add the alias there first.",
            name=target.acct,
            uri=account.uri,
        )
    followed = relationships.move_followers(unit, account, target)
    unit.changed(ChangeKind.ACCOUNT, account.id)
    # the changed document first: who hears of the move looks it up
    events.happened(unit, EventKind.ACTOR_CHANGED, account_id=account.id)
    events.happened(unit, EventKind.ACTOR_MOVED, account_id=account.id)
    audit.record(unit, by, "account.move", f"account:{account.id}", to=target.uri)
    return followed


def stay(unit: Unit, by: str, account: Account) -> None:
    """Takes a move back: the account may be followed again. Followers that have left do not return."""
    if account.moved_to_uri is None:
        raise Invalid("@%(name)s has not moved", name=account.username)
    rows.change(unit, account.id, {"moved_to_uri": None})
    unit.changed(ChangeKind.ACCOUNT, account.id)
    events.happened(unit, EventKind.ACTOR_CHANGED, account_id=account.id)
    audit.record(unit, by, "account.stay", f"account:{account.id}")


def add_alias(unit: Unit, by: str, account: Account, other: Account) -> None:
    """`other` is the same person: it may move to `account`. Raises Invalid."""
    _check_person(account)
    if other.id == account.id:
        raise Invalid("An account is no alias of itself")
    if other.uri in account.also_known_as:
        return
    if len(account.also_known_as) >= MOST_ALIASES:
        raise Invalid("An account has at most %(most)s aliases", most=MOST_ALIASES)
    _set_aliases(unit, by, account, (*account.also_known_as, other.uri))


def remove_alias(unit: Unit, by: str, account: Account, uri: Iri) -> None:
    """Raises NotFound."""
    if uri not in account.also_known_as:
        raise NotFound("%(name)s is no alias of this account", name=uri[:200])
    _set_aliases(unit, by, account, tuple(one for one in account.also_known_as if one != uri))


def new_home(unit: Unit, account: Account) -> Account | None:
    """The account that this one has moved to, where it is known here and says so too."""
    if account.moved_to_uri is None:
        return None
    found = rows.find_by_uri(unit, account.moved_to_uri)
    if found is None or found.gone or found.kind not in PEOPLE or account.uri not in found.also_known_as:
        return None
    return found


def _set_aliases(unit: Unit, by: str, account: Account, uris: tuple[Iri, ...]) -> None:
    rows.change(unit, account.id, {"also_known_as": list(uris)})
    unit.changed(ChangeKind.ACCOUNT, account.id)
    events.happened(unit, EventKind.ACTOR_CHANGED, account_id=account.id)
    audit.record(unit, by, "account.aliases", f"account:{account.id}", count=len(uris))


def _check_person(account: Account) -> None:
    if account.kind is not AccountKind.PERSON or not account.local or account.gone:
        raise Invalid("@%(name)s is not a person's account that is in use here", name=account.acct)
