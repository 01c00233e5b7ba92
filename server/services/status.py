"""How an instance is doing: five sentences, each green, amber or red, with one thing to do where it is not green.

`consilium status` and the first page of the staff say the same. It counts; it never tells who or what.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from server.core.i18n import N_
from server.domain.remarks import Level, Remark
from server.services import backups, diagnosis, holds, unread_lists
from server.services.storage import Space
from server.services.verification import received
from server.store import backlog, figures, meta, parked
from server.store.session import Unit

SLOW = timedelta(minutes=5)
STUCK = timedelta(hours=1)
BACKUP_OLD = timedelta(hours=26)
BACKUP_LOST = timedelta(days=7)
CREDENTIALS_SOON = timedelta(days=30)


def report(unit: Unit, space: Space) -> list[Remark]:
    """The five lines. space: of the data folder."""
    return [_partners(unit), _queues(unit, space), _purges(unit), _backup(unit), _endings(unit)]


def _partners(unit: Unit) -> Remark:
    found = figures.peers(unit)
    values = {
        "connected": found.connected,
        "failing": found.failing,
        "unproven": found.unproven,
        "knocks": found.knocks,
        "paused": found.paused,
    }
    message = N_(
        "Connected instances: %(connected)s; not answering for a day: %(failing)s; partners whose test has "
        "failed for a day: %(unproven)s; paused: %(paused)s; knocked within a week: %(knocks)s."
    )
    if found.failing:
        action = N_("See who with `consilium instance list`, and ask them whether their server runs.")
        level = Level.FAIL if found.failing == found.connected else Level.WARN
        return Remark("partners", level, message, action, values)
    if found.unproven:
        action = N_(
            "See who with `consilium instance list`, and which line fails with `consilium instance test DOMAIN`."
        )
        return Remark("partners", Level.WARN, message, action, values)
    if found.knocks:
        action = N_("Look at `consilium instance list --knocks` and connect whom you know.")
        return Remark("partners", Level.WARN, message, action, values)
    return Remark("partners", Level.OK, message, values=values)


def _queues(unit: Unit, space: Space) -> Remark:
    """What waits, was given up or is held; and the disk, without which nothing is taken at all."""
    disk = space.remark()
    if disk.level is Level.FAIL:
        return Remark("queues", disk.level, disk.message, disk.action, disk.values)
    counts = backlog.counts(unit)
    oldest = min(parked.oldest_due(unit).values(), default=None)
    age = max(unit.now - oldest, timedelta()) if oldest else timedelta()
    given_up = ("inbox.parked", "event.parked", "delivery.parked", "delivery.dead")
    values = {
        "waiting": sum(
            counts.get(name, 0) for name in ("inbox.waiting", "event.waiting", "delivery.waiting")
        ),
        "minutes": int(age.total_seconds() // 60),
        "given_up": sum(counts.get(name, 0) for name in given_up),
        "effects": counts.get("event.parked", 0),
        "held": holds.count(unit)[0],
        "free": disk.values["free"],
    }
    message = N_(
        "Pieces of work that wait: %(waiting)s, the oldest that is due for %(minutes)s minutes; given up: "
        "%(given_up)s; held for a review: %(held)s; free on the disk: %(free)s MB."
    )
    if age >= SLOW:
        action = N_(
            "See that `consilium serve` runs, and `consilium worker` where Redis is used; read their log."
        )
        return Remark("queues", Level.FAIL if age >= STUCK else Level.WARN, message, action, values)
    if values["given_up"]:
        level = Level.FAIL if values["effects"] else Level.WARN
        action = N_(
            "Look at `consilium status --parked`; `consilium instance retry DOMAIN` sends again, "
            "`consilium status --retry` takes up effects again."
        )
        return Remark("queues", level, message, action, values)
    if values["held"]:
        action = N_("Look at `consilium review list`, then release or refuse what waits.")
        return Remark("queues", Level.WARN, message, action, values)
    if disk.level is Level.WARN:
        return Remark("queues", Level.WARN, message, disk.action, values)
    return Remark("queues", Level.OK, message, values=values)


def _purges(unit: Unit) -> Remark:
    found = figures.purges(unit)
    values = {"waiting": found.waiting, "overdue": found.overdue, "unreachable": found.unreachable}
    message = N_(
        "Removals asked of others: waiting %(waiting)s, silent for more than a day %(overdue)s, asked of "
        "instances that cannot be reached %(unreachable)s."
    )
    if found.overdue or found.unreachable:
        action = N_("See which with `consilium purge overdue`, and telephone the contact of that instance.")
        return Remark("purges", Level.FAIL if found.overdue else Level.WARN, message, action, values)
    return Remark("purges", Level.OK, message, values=values)


def _backup(unit: Unit) -> Remark:
    text = meta.get(unit, backups.MADE)
    action = N_("Run `consilium backup DIR`, and see that the timer that runs it every night is on.")
    if text is None:
        return Remark("backup", Level.WARN, N_("No backup was ever made."), action)
    age = unit.now - datetime.fromisoformat(text).astimezone(UTC)
    values = {"hours": max(0, int(age.total_seconds() // 3600))}
    message = N_("The last backup was made %(hours)s hours ago.")
    if age >= BACKUP_OLD:
        level = Level.FAIL if age >= BACKUP_LOST else Level.WARN
        return Remark("backup", level, message, action, values)
    return Remark("backup", Level.OK, message, values=values)


def _endings(unit: Unit) -> Remark:
    """What ends: agreements within 60 days, credentials within 30, the certificate that `doctor` saw within 14."""
    peers, credentials = figures.peers(unit), figures.credentials(unit, CREDENTIALS_SOON)
    values: dict[str, str | int] = {
        "ending": peers.ending,
        "ended": peers.ended_agreements,
        "credentials": credentials.ending,
    }
    seen = meta.get(unit, diagnosis.CERTIFICATE)
    until = datetime.fromisoformat(seen).astimezone(UTC) if seen else None
    message = N_(
        "Agreements that end within 60 days: %(ending)s, ended: %(ended)s; members whose verification ends "
        "within 30 days: %(credentials)s."
    )
    if until is not None and until - unit.now < diagnosis.EXPIRES_SOON:
        values["days"] = max(0, (until - unit.now).days)
        action = N_(
            "The certificate ends in %(days)s days: see why your proxy has not renewed it, then run `consilium doctor`."
        )
        return Remark("endings", Level.FAIL if until <= unit.now else Level.WARN, message, action, values)
    if peers.ending or peers.ended_agreements:
        action = N_(
            "See which with `consilium instance show DOMAIN`, renew the agreement, and give its new end with "
            "`consilium instance pair`; what was paused at its end first wants `consilium instance resume DOMAIN`."
        )
        return Remark("endings", Level.WARN, message, action, values)
    silent = received.silent(unit)
    if silent:
        values["silent"] = len(silent)
        action = N_(
            "The lists of %(silent)s institutions, by which they take back what they say of their members, were not read for a day: see which with "
            "`consilium audit list --action status_list.silent`, and telephone them; after three days their members are interrupted."
        )
        return Remark("endings", Level.WARN, message, action, values)
    unread = unread_lists.by_partner(unit)
    if unread:
        values["unread"] = ", ".join(sorted(unread))
        action = N_(
            "Partners that could not read for a day the lists by which you take back what you say of your members: %(unread)s. Run `consilium doctor`, "
            "and telephone them; after three days your members are interrupted there."
        )
        return Remark("endings", Level.WARN, message, action, values)
    if credentials.ending:
        action = N_("See whose with `consilium verification list`, and check them again.")
        return Remark("endings", Level.WARN, message, action, values)
    return Remark("endings", Level.OK, message, values=values)
