"""The review queue: what a rule holds at the boundary until a person lets it go or refuses it.

Letting go asks the rules again, all but those that hold: what is forbidden by then stays. Refusing an outgoing thing
keeps it here; an incoming one gets the refusal that its kind has.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from federation.errors import FederationError
from federation.types import Origin
from federation.vocab import codec
from federation.vocab.activities import Activity
from federation.vocab.objects import Object
from server.core.clock import iso
from server.core.errors import Conflict, Invalid, NotFound
from server.core.i18n import Translator
from server.domain.boundary import Decision, Direction, Effect
from server.domain.holds import Hold, Verdict
from server.domain.signin import MailKind
from server.domain.users import Role
from server.services import audit, mail
from server.store import accounts, meta, users
from server.store import holds as rows
from server.store.session import Unit
from server.text.plain import text_of

LONGEST_REASON = 500
LONG = timedelta(hours=4)
"""So long something may wait before those who decide are reminded."""
AGAIN = timedelta(days=1)
REMINDED = "holds.reminded"
RECENT = 50
LOOKED_BACK = timedelta(days=90)
ENOUGH = 8
"""Of fewer things than these in a group nothing is said of how long they take."""
DAY = 24
WITHIN = (1, 2, 4, 8, DAY, 2 * DAY, 3 * DAY, 7 * DAY)
"""Hours, as a group's profile says them."""
LONGER = 8 * DAY


def hold(
    unit: Unit,
    direction: Direction,
    work_id: int,
    peer: Origin,
    subject: str,
    decision: Decision,
    group: str = "",
) -> None:
    """Puts something into the queue. Its inbox item or delivery is in state HELD. group: the id of its actor, "" for none."""
    rows.add(
        unit,
        {
            "id": unit.new_id(),
            "direction": direction.value,
            "work_id": work_id,
            "peer": peer,
            "subject": subject,
            "group_uri": group,
            "rules": list(decision.rules),
            "at": unit.now,
        },
    )


def hold_deliveries(
    unit: Unit, activity_id: int, subject: str, decisions: dict[Origin, Decision], group: str = ""
) -> None:
    """The same for the held deliveries of an activity that was just planned."""
    if not any(made.effect is Effect.HOLD for made in decisions.values()):
        return
    for row in rows.held_deliveries(unit, activity_id):
        hold(unit, Direction.OUT, row.id, Origin(row.destination), subject, decisions[row.destination], group)


def waiting(unit: Unit, limit: int = 200) -> list[Hold]:
    """Oldest first."""
    return rows.waiting(unit, limit)


def count(unit: Unit) -> tuple[int, datetime | None]:
    """How many wait, and since when the oldest."""
    return rows.count(unit)


def get(unit: Unit, hold_id: int) -> Hold:
    """Raises NotFound unless it waits."""
    found = rows.find_waiting(unit, hold_id)
    if found is None:
        raise NotFound
    return found


def read(unit: Unit, by: str, hold_id: int) -> tuple[Hold, bytes]:
    """What waits, as it came or would leave. That somebody read it is written down. Raises NotFound."""
    found = get(unit, hold_id)
    body, _ = rows.body_of(unit, found)
    if body is None:
        raise NotFound
    audit.record(unit, by, "review.read", found.subject, peer=found.peer)
    return found, body


@dataclass(frozen=True, slots=True)
class Told:
    """Who says what, as far as it can be read. kind: `unreadable` where it cannot; then why says so."""

    kind: str
    actor: str = ""
    text: str = ""
    why: str = ""


def told(body: bytes) -> Told:
    try:
        activity = codec.decode(codec.parse(body))
    except FederationError as problem:
        return Told("unreadable", why=problem.reason)
    if not isinstance(activity, Activity):
        return Told("unreadable", why="no activity")
    thing = activity.object
    text = text_of(thing.content or "") if isinstance(thing, Object) else ""
    return Told(activity.type, activity.actor or "", text)


def release(unit: Unit, by: str, hold_id: int) -> int:
    """Lets it go, and with it the later edits that wait for the same peer. Answers how many. Raises NotFound, Conflict."""
    found = get(unit, hold_id)
    together = (
        [found.id, *rows.with_the_same_post(unit, found)] if found.direction is Direction.OUT else [found.id]
    )
    for one in together:
        _decide(unit, by, get(unit, one), Verdict.RELEASED, "")
    return len(together)


def refuse(unit: Unit, by: str, hold_id: int, reason: str) -> None:
    """It does not cross. reason: for the log. Raises NotFound, Conflict, Invalid."""
    if not reason.strip():
        raise Invalid("Say why: the next reviewer and the auditor read it")
    _decide(unit, by, get(unit, hold_id), Verdict.REFUSED, reason.strip()[:LONGEST_REASON])


def _decide(unit: Unit, by: str, found: Hold, verdict: Verdict, reason: str) -> None:
    if not rows.decide(unit, found.id, verdict, by, reason):
        raise Conflict("Somebody has decided about this already")
    if found.direction is Direction.IN:
        rows.take_up_item(unit, found.work_id, verdict)
    elif verdict is Verdict.RELEASED:
        rows.take_up_delivery(unit, found.work_id)
    else:
        rows.cancel_delivery(unit, found.work_id)
    audit.record(
        unit, by, f"review.{verdict.value}", found.subject, peer=found.peer, direction=found.direction.value
    )


def let_go(unit: Unit, post_id: int, peer: Origin) -> bool:
    """Whether a person has let a post of ours go to this peer."""
    return rows.let_go(unit, post_id, peer)


def usual_wait(unit: Unit) -> timedelta | None:
    """How long the recent ones waited, half of them less; None where nothing was ever held."""
    took = [
        (one.decided_at - one.at).total_seconds()
        for one in rows.decided(unit, RECENT)
        if one.decided_at is not None
    ]
    return timedelta(seconds=median(took)) if took else None


def tell_usual(unit: Unit) -> int:
    """Puts into each group's profile within how many hours what is held of it is usually answered. Answers how many changed.

    Nothing is said of fewer than ENOUGH things in LOOKED_BACK, and nothing but a round number: no single one can be told from it.
    """
    found: dict[str, dict[str, timedelta]] = {}
    for one, group in rows.decided_in_groups(unit, unit.now - LOOKED_BACK):
        if one.decided_at is not None:  # one thing may wait for several institutions
            of_group, took = found.setdefault(group, {}), one.decided_at - one.at
            of_group[one.subject] = max(took, of_group.get(one.subject, timedelta()))
    told = {group: _rounded(list(times.values())) for group, times in found.items() if len(times) >= ENOUGH}
    changed = 0
    for account_id, uri, said in accounts.usual_waits(unit, list(told)):
        if told.get(uri) != said:
            accounts.change(unit, account_id, {"usual_wait": told.get(uri)})
            changed += 1
    return changed


def _rounded(times: list[timedelta]) -> int:
    usual = timedelta(seconds=median(one.total_seconds() for one in times))
    return next((hours for hours in WITHIN if usual <= timedelta(hours=hours)), LONGER)


def usually(hours: int, words: Translator) -> str:
    """The sentence for a group's profile."""
    if hours >= LONGER:
        return words.gettext("What waits here for a reviewer is often answered after more than a week only.")
    if hours < DAY:
        return words.ngettext(
            "What waits here for a reviewer is usually answered within %(num)s hour.",
            "What waits here for a reviewer is usually answered within %(num)s hours.",
            hours,
        )
    return words.ngettext(
        "What waits here for a reviewer is usually answered within %(num)s day.",
        "What waits here for a reviewer is usually answered within %(num)s days.",
        hours // DAY,
    )


def remind(unit: Unit) -> int:
    """Mails those who may decide, once a day while the oldest waits for LONG. Answers how many were told."""
    number, oldest = count(unit)
    if oldest is None or unit.now - oldest < LONG or not mail.possible(unit):
        return 0
    before = meta.get(unit, REMINDED)
    if before is not None and unit.now - datetime.fromisoformat(before) < AGAIN:
        return 0
    meta.put(unit, REMINDED, iso(unit.now))
    told = [one for role in (Role.ADMIN, Role.MODERATOR) for one in users.addresses_of_role(unit, role)]
    for address, language in told:
        said = f"{number}, {iso(oldest)}\n{unit.context.settings.base}/admin/review"
        mail.queue(unit, MailKind.HELD, address, language, said)
    return len(told)
