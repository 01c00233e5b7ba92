"""What happens when a person leaves: others moderate their groups, nobody signs in any more, what they wrote stays.

And what is theirs to take along.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from server.core.errors import Conflict, Invalid, NotFound
from server.domain.accounts import Account
from server.domain.changes import ChangeKind
from server.domain.groups import MembershipRole, MembershipState
from server.domain.users import User
from server.services import audit, groups, tokens
from server.store import accounts as account_rows
from server.store import exports as rows
from server.store import filters, memberships, users
from server.store.session import Unit

AHEAD: Final = timedelta(days=731)


@dataclass(frozen=True, slots=True)
class Moderated:
    """A group here that a person moderates. others: its further moderators. heirs: members who could take over."""

    group: Account
    others: int
    heirs: list[Account]

    @property
    def orphaned(self) -> bool:
        """Nobody would be left to moderate it, and somebody could."""
        return self.others == 0 and bool(self.heirs)


def moderated(unit: Unit, account: Account) -> list[Moderated]:
    """The groups that somebody has to take over, or may."""
    own = users.accounts_beside(unit, account.id)
    roles = [
        one.group_id
        for each in own
        for one in memberships.of_account(unit, each, [MembershipState.ACTIVE])
        if one.role.moderates
    ]
    found = account_rows.many(unit, roles).values()
    return [_moderated(unit, group, own) for group in found if group.local and not group.gone]


def leave(unit: Unit, by: str, account: Account, heirs: Mapping[int, int] | None = None) -> None:
    """Hands over what a person moderates, ends their memberships, and closes the login.

    heirs: by group, who moderates it from now on. Raises NotFound when nobody signs in with the account, Conflict where a
    group would be left without a moderator; then nothing was done.
    """
    _user(unit, account)
    _hand_over(unit, by, account, heirs or {})
    _close(unit, by, account)


def plan(
    unit: Unit, by: str, account: Account, last_day: date, heirs: Mapping[int, int] | None = None
) -> datetime:
    """Hands over now, and closes the login at the end of that day. Raises as `leave`, and Invalid for a day that is past.

    Answers the moment.
    """
    user = _user(unit, account)
    zone = ZoneInfo(unit.context.settings.timezone)
    today = unit.now.astimezone(zone).date()
    if not today <= last_day <= today + AHEAD:
        raise Invalid("The last day is today or later, and within two years")
    _hand_over(unit, by, account, heirs or {})
    at = datetime.combine(last_day + timedelta(days=1), time(), zone).astimezone(UTC)
    users.change(unit, user.id, {"leaves_at": at})
    audit.record(unit, by, "account.leave.plan", f"account:{account.id}", last_day=last_day.isoformat())
    return at


def call_off(unit: Unit, by: str, account: Account) -> None:
    """The person stays; who took over moderates on. Raises Conflict where nothing was planned."""
    user = _user(unit, account)
    if user.leaves_at is None:
        raise Conflict("It is not planned that this person leaves")
    users.change(unit, user.id, {"leaves_at": None})
    audit.record(unit, by, "account.leave.call_off", f"account:{account.id}")


def due(unit: Unit) -> list[int]:
    """The accounts whose day has come."""
    return users.leaving_by(unit, unit.now)


def leave_as_planned(unit: Unit, account_id: int) -> None:
    """Without a question: the day was set, and access must not outlast it."""
    account = account_rows.find(unit, account_id)
    if account is not None:
        _close(unit, "system", account)


def _close(unit: Unit, by: str, account: Account) -> None:
    user = _user(unit, account)
    ended = sum(
        groups.leave_all(unit, one)
        for one in account_rows.many(unit, users.accounts_beside(unit, account.id)).values()
    )
    tokens.revoke(unit, by, user_id=user.id)
    users.end_sessions(unit, user.id)
    users.change(unit, user.id, {"disabled_at": unit.now, "leaves_at": None, "password_hash": None})
    unit.changed(ChangeKind.USER, user.id)
    audit.record(unit, by, "account.leave", f"account:{account.id}", memberships=ended)


def _hand_over(unit: Unit, by: str, account: Account, heirs: Mapping[int, int]) -> None:
    found = moderated(unit, account)
    if not set(heirs) <= {one.group.id for one in found}:
        raise Invalid("@%(name)s does not moderate this group", name=account.username)
    for one in found:
        heir = next((each for each in one.heirs if each.id == heirs.get(one.group.id)), None)
        if heir is not None:
            groups.set_role(unit, by, one.group, heir, MembershipRole.MODERATOR)
        elif one.group.id in heirs:
            raise Invalid("Please choose a member of %(group)s from the list", group=one.group.display_name)
        elif one.orphaned:
            raise Conflict("Somebody must moderate %(group)s: say who", group=one.group.display_name)


def _moderated(unit: Unit, group: Account, own: list[int]) -> Moderated:
    moderators = {one.id for one in memberships.moderators(unit, group.id)}
    active = [one.account_id for one in memberships.of_group(unit, group.id, [MembershipState.ACTIVE])]
    others = [one for one in active if one not in moderators and one not in own]
    heirs = [one for one in account_rows.many(unit, others).values() if not one.gone]
    return Moderated(group, len(moderators - set(own)), sorted(heirs, key=lambda one: one.acct))


def _user(unit: Unit, account: Account) -> User:
    user = users.find_by_account(unit, account.id)
    if user is None:
        raise NotFound("Nobody signs in with @%(name)s", name=account.username)
    return user


def export(unit: Unit, account: Account) -> dict[str, Any]:
    """What this instance holds of a person; no secrets, nothing that others wrote, nothing of members-only groups."""
    user = users.find_by_account(unit, account.id)
    return {
        "account": {
            "name": account.username,
            "uri": account.uri,
            "display_name": account.display_name,
            "note": account.note_source,
            "fields": [[field.name, field.source] for field in account.fields],
            "created_at": account.created_at.isoformat(),
        },
        "user": None
        if user is None
        else {
            "email": user.email,
            "role": user.role.value,
            "language": user.language,
            "timezone": user.timezone,
            "accepted_terms_at": user.accepted_terms_at.isoformat() if user.accepted_terms_at else None,
        },
        "posts": rows.posts(unit, account.id),
        "following": rows.following(unit, account.id),
        "followers": rows.followers(unit, account.id),
        "blocks": [row.uri for row in rows.blocks(unit, account.id)],
        "mutes": [row.uri for row in rows.mutes(unit, account.id)],
        "domain_blocks": rows.domain_blocks(unit, account.id),
        "lists": [
            [row.title, f"{row.username}@{row.domain or unit.context.settings.domain}"]
            for row in rows.lists(unit, account.id)
        ],
        "bookmarks": rows.bookmarks(unit, account.id),
        "filters": [
            {"title": one.title, "words": [each.keyword for each in one.keywords]}
            for one in filters.of_account(unit, account.id)
        ],
    }
