"""Making a group, changing its settings, dissolving it.

Who may read it never changes once something was posted: what was said for few is never shown to more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

from server.core.errors import Conflict, Invalid
from server.domain.accounts import Account, AccountKind
from server.domain.boundary import ContentClass, GroupAccess
from server.domain.groups import (
    Admission,
    Group,
    History,
    MembershipRole,
    MembershipState,
    Reason,
    Roster,
)
from server.domain.messages import Sentence
from server.domain.work import EventKind
from server.services import accounts, addresses, audit, events, verification
from server.services.groups import joining, standing
from server.services.verification.words import PROFESSIONS
from server.store import accounts as account_rows
from server.store import groups, memberships
from server.store.session import Unit
from server.text.compose import ContentType, compose

TITLE_LENGTH: Final = 120
TEXT_LENGTH: Final = 20_000
WORD_LENGTH: Final = 64
MOST_LEVEL: Final = 4
MOST_DAYS: Final = 36_500


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What may be changed of a group; None leaves it as it is. rules: Markdown; a change asks every member again.

    retention_days: 0 keeps for ever. about: what the group is for, Markdown.
    """

    title: str | None = None
    about: str | None = None
    specialty: str | None = None
    languages: Sequence[str] | None = None
    rules: str | None = None
    minimum_level: int | None = None
    professions: Sequence[str] | None = None
    admission: Admission | None = None
    roster: Roster | None = None
    history: History | None = None
    retention_days: int | None = None
    listed: bool | None = None
    class_floor: ContentClass | None = None
    introduced: bool | None = None
    access: GroupAccess | None = None


def create(unit: Unit, by: str, name: str, settings: Settings, founder: Account | None = None) -> Account:
    """Makes a group that lives here. founder: a verified member here, its first administrator.

    Raises Invalid, Conflict with what is wrong; nothing is made then.
    """
    if not settings.title:
        raise Invalid("A group needs a title")
    access = settings.access or GroupAccess.CLOSED
    columns = _columns(settings)
    _check_floor(access, settings.class_floor)
    if founder is not None and access.members_only and verification.current(unit, founder) is None:
        raise Invalid("Whoever founds a group must be a verified member")
    account = accounts.create_actor(
        unit, accounts.check_name(name), AccountKind.GROUP, settings.title.strip()
    )
    account_rows.change(
        unit,
        account.id,
        {
            "locked": access.members_only,
            "discoverable": bool(settings.listed),
            "hides_collections": True,
            **_about(unit, settings),
        },
    )
    groups.add(unit, {"account_id": account.id, "access": access.value, **columns})
    audit.record(unit, by, "group.created", f"group:{account.id}", access=access.value)
    group = accounts.get(unit, account.id)
    if founder is not None:
        _found(unit, group, founder)
    return group


def _found(unit: Unit, group: Account, founder: Account) -> None:
    """The founder needs no admission: the group's conditions are for those who come."""
    join_uri = addresses.new_activity(unit)
    attested = joining.attest(unit, founder, group, join_uri)
    standing.settle(
        unit,
        group,
        founder,
        MembershipState.ACTIVE,
        role=MembershipRole.ADMIN.value,
        join_uri=join_uri,
        asked_at=unit.now,
        rules_version=1,
        attestation_id=attested.id if attested is not None else None,
    )


def change(unit: Unit, by: str, group: Account, settings: Settings) -> Group:
    """Changes what is given. Raises Conflict for the access of a group in which something was posted."""
    found = standing.get(unit, group)
    columns = _columns(settings)
    if settings.access is not None and settings.access is not found.access:
        if found.posted_at is not None:
            raise Conflict("Who may read a group cannot be changed once something was posted in it")
        columns["access"] = settings.access.value
        account_rows.change(unit, group.id, {"locked": settings.access.members_only})
    floor = settings.class_floor if settings.class_floor is not None else found.class_floor
    _check_floor(settings.access or found.access, floor)
    rules_changed = settings.rules is not None and settings.rules.strip() != found.rules
    if rules_changed:
        columns["rules_version"] = found.rules_version + 1
    if settings.title is not None or settings.about is not None:
        about = _about(unit, settings)
        if settings.title is not None:
            about["display_name"] = settings.title.strip()
        account_rows.change(unit, group.id, about)
    if columns:
        groups.change(unit, group.id, columns)
    named = sorted(one.name for one in fields(Settings) if getattr(settings, one.name) is not None)
    audit.record(unit, by, "group.changed", f"group:{group.id}", settings=named)
    events.happened(unit, EventKind.GROUP_CHANGED, group_id=group.id)
    if rules_changed:
        tell_of_rules(unit, group)
    return standing.get(unit, group)


def tell_of_rules(unit: Unit, group: Account) -> None:
    """Members here are asked to accept the rules again."""
    own = unit.context.settings.origin
    for _, member in memberships.at_origin(unit, group.id, own, [MembershipState.ACTIVE]):
        standing.tell(unit, group, member, Sentence.RULES_CHANGED)


def dissolve(unit: Unit, by: str, group: Account) -> None:
    """Ends all memberships, and the group. What it holds is for the purge."""
    standing.get(unit, group)
    states = [MembershipState.ACTIVE, MembershipState.SUSPENDED, MembershipState.REQUESTED]
    for one in memberships.of_group(unit, group.id, states, limit=1_000_000):
        member = accounts.get(unit, one.account_id)
        standing.settle(unit, group, member, MembershipState.REMOVED, reason=Reason.DISSOLVED.value)
        events.happened(
            unit,
            EventKind.GROUP_ENDED,
            group_id=group.id,
            account_id=member.id,
            reason=Reason.DISSOLVED.value,
        )
        standing.tell(unit, group, member, Sentence.MEMBERSHIP_ENDED, Reason.DISSOLVED)
    groups.change(unit, group.id, {"dissolved_at": unit.now})
    audit.record(unit, by, "group.dissolved", f"group:{group.id}")


def accept_rules(unit: Unit, member: Account, group: Account, rules_version: int) -> None:
    """A member has read the rules that stand now. A group elsewhere hears it with a renewed request."""
    found = standing.get(unit, group)
    membership = memberships.find(unit, group.id, member.id)
    joining.check_rules(found, rules_version)
    if membership is None or not membership.state.on_roster:
        joining.ask(unit, member, group, rules_version)
    elif membership.rules_version != rules_version:
        if group.local:
            memberships.change(unit, membership.id, {"rules_version": rules_version})
        else:
            joining.ask(unit, member, group, rules_version)


def _about(unit: Unit, settings: Settings) -> dict[str, Any]:
    if settings.about is None:
        return {}
    if len(settings.about) > TEXT_LENGTH:
        raise Invalid("At most %(most)s characters", most=TEXT_LENGTH)
    composed = compose(
        settings.about,
        ContentType.MARKDOWN,
        lambda _handle: None,
        lambda tag: addresses.tag_page(unit, tag),
    )
    return {"note": composed.html, "note_source": settings.about}


def _columns(settings: Settings) -> dict[str, Any]:
    """What the row of a group takes of it. Raises Invalid."""
    _check(settings)
    words = {"admission", "roster", "history"}
    found: dict[str, Any] = {
        name: getattr(settings, name).value for name in words if getattr(settings, name) is not None
    }
    for name in ("specialty", "minimum_level", "listed", "introduced"):
        if getattr(settings, name) is not None:
            found[name] = getattr(settings, name)
    for name in ("languages", "professions"):
        if getattr(settings, name) is not None:
            found[name] = list(dict.fromkeys(getattr(settings, name)))
    if settings.rules is not None:
        found["rules"] = settings.rules.strip()
    if settings.retention_days is not None:
        found["retention_days"] = settings.retention_days or None
    if settings.class_floor is not None:
        found["class_floor"] = settings.class_floor.word
    return found


def _check_floor(access: GroupAccess, floor: ContentClass | None) -> None:
    """What everybody may read is no case. Raises Invalid."""
    if not access.members_only and floor is not None and floor > ContentClass.DISCUSSION:
        raise Invalid(
            "In an open group everybody reads what is said: its least class is notice or discussion"
        )


def _check(settings: Settings) -> None:
    if settings.title is not None and not 0 < len(settings.title.strip()) <= TITLE_LENGTH:
        raise Invalid("A title has 1 to %(most)s characters", most=TITLE_LENGTH)
    if settings.rules is not None and len(settings.rules) > TEXT_LENGTH:
        raise Invalid("At most %(most)s characters", most=TEXT_LENGTH)
    if settings.access is GroupAccess.NONE:
        raise Invalid("A group is open, closed or secret")
    if settings.minimum_level is not None and not 0 <= settings.minimum_level <= MOST_LEVEL:
        raise Invalid("A level is P0 to P4")
    if settings.retention_days is not None and not 0 <= settings.retention_days <= MOST_DAYS:
        raise Invalid("A time to keep is a number of days, 0 for ever")
    if settings.specialty is not None and len(settings.specialty) > WORD_LENGTH:
        raise Invalid("At most %(most)s characters", most=WORD_LENGTH)
    unknown = [one for one in settings.professions or () if one not in PROFESSIONS]
    if unknown:
        raise Invalid("There is no profession %(name)s", name=unknown[0][:WORD_LENGTH])
    if any(not 1 < len(one) <= 16 for one in settings.languages or ()):
        raise Invalid("A language is written as its code, such as fr")
