"""How an instance is doing: five sentences, each green, amber or red, with one thing to do where it is not green."""

from __future__ import annotations

from datetime import timedelta

from server.core.i18n import N_
from server.domain.remarks import Level, Remark
from server.services import holds
from server.services.storage import Space
from server.store import backlog, figures, parked
from server.store.session import Unit

SLOW = timedelta(minutes=5)
STUCK = timedelta(hours=1)


def report(unit: Unit, space: Space) -> list[Remark]:
    """The five lines. space: of the data folder."""
    return [_peers(unit), _queues(unit), _parked(unit), space.remark(), _people(unit)]


def _peers(unit: Unit) -> Remark:
    found = figures.peers(unit)
    values = {
        "connected": found.connected,
        "failing": found.failing,
        "knocks": found.knocks,
        "paused": found.paused,
        "ending": found.ending,
        "ended_agreements": found.ended_agreements,
    }
    message = N_(
        "Connected instances: %(connected)s; not answering for a day: %(failing)s; paused: %(paused)s; "
        "knocked within a week: %(knocks)s; agreements that end within 60 days: %(ending)s, ended: %(ended_agreements)s."
    )
    if found.failing:
        action = N_("See who with `consilium instance list`, and ask them whether their server runs.")
        level = Level.FAIL if found.failing == found.connected else Level.WARN
        return Remark("peers", level, message, action, values)
    if found.ending or found.ended_agreements:
        action = N_(
            "See which with `consilium instance show DOMAIN`, renew the agreement, and give its new end with "
            "`consilium instance pair`; what was paused at its end first wants `consilium instance resume DOMAIN`."
        )
        return Remark("peers", Level.WARN, message, action, values)
    if found.knocks:
        action = N_("Look at `consilium instance list --knocks` and connect whom you know.")
        return Remark("peers", Level.WARN, message, action, values)
    return Remark("peers", Level.OK, message, values=values)


def _queues(unit: Unit) -> Remark:
    counts = backlog.counts(unit)
    oldest = parked.oldest_due(unit)
    age = max(unit.now - oldest, timedelta()) if oldest else timedelta()
    values = {
        "inbox": counts.get("inbox.waiting", 0),
        "events": counts.get("event.waiting", 0),
        "deliveries": counts.get("delivery.waiting", 0),
        "minutes": int(age.total_seconds() // 60),
    }
    message = N_(
        "Waiting: received %(inbox)s, effects %(events)s, deliveries %(deliveries)s; the oldest that is due waits "
        "for %(minutes)s minutes."
    )
    if age >= SLOW:
        action = N_(
            "See that `consilium serve` runs, and `consilium worker` where Redis is used; read their log."
        )
        return Remark("work", Level.FAIL if age >= STUCK else Level.WARN, message, action, values)
    return Remark("work", Level.OK, message, values=values)


def _parked(unit: Unit) -> Remark:
    counts = backlog.counts(unit)
    values = {
        "inbox": counts.get("inbox.parked", 0),
        "events": counts.get("event.parked", 0),
        "refused": counts.get("delivery.parked", 0),
        "dead": counts.get("delivery.dead", 0),
        "held": holds.count(unit)[0],
    }
    message = N_(
        "Given up: received %(inbox)s, effects %(events)s, deliveries refused %(refused)s, deliveries never "
        "accepted %(dead)s. Held for a review: %(held)s."
    )
    if not any(values.values()):
        return Remark("parked", Level.OK, message, values=values)
    level = Level.FAIL if values["events"] else Level.WARN
    if values["held"] == sum(values.values()):
        action = N_("Look at `consilium review list`, then release or refuse what waits.")
        return Remark("parked", level, message, action, values)
    action = N_(
        "Look at `consilium status --parked`; `consilium instance retry DOMAIN` sends again, "
        "`consilium status --retry` takes up effects again."
    )
    return Remark("parked", level, message, action, values)


def _people(unit: Unit) -> Remark:
    found = figures.people(unit)
    values = {
        "users": found.users,
        "admins": found.administrators,
        "sessions": found.sessions,
        "tokens": found.tokens,
    }
    message = N_(
        "Members: %(users)s, of them administrators: %(admins)s; browsers seen today: %(sessions)s; "
        "connected apps: %(tokens)s."
    )
    if not found.administrators:
        action = N_("Make an administrator with `consilium account create NAME --email E --role admin`.")
        return Remark("people", Level.FAIL, message, action, values)
    if found.administrators == 1 and found.users > 1:
        action = N_("Give a second person the role of administrator, for when the first is away.")
        return Remark("people", Level.WARN, message, action, values)
    return Remark("people", Level.OK, message, values=values)
