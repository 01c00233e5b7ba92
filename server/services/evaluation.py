"""Evaluation mode: every instance starts in it and says so everywhere; what must be true before it is left.

It refuses to be left while anything is missing. There is no way back: what members were told they may write here
cannot be taken out of what they wrote.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from server.core.clock import iso
from server.core.errors import Conflict, Invalid
from server.core.i18n import N_
from server.core.settings import PostsCeiling
from server.domain.changes import ChangeKind
from server.domain.remarks import Level, Remark
from server.services import audit, partners
from server.store import meta, second_factors
from server.store.session import Unit

LEFT = "evaluation.left_at"
"""In `meta`: since when the instance is no longer for evaluation only."""
DRILL = "restore.drill"
"""In `meta`: the day of the last restore drill, as somebody stated it."""
DRILL_AGE = timedelta(days=366)
GATES_COMPLETE = False
"""Whether this release looks for identifying details in texts, pictures and documents on every route. Not a setting:
nobody can decide that it does."""
STATE = N_(
    "State it with `consilium instance card`; the first time that wants controller, jurisdiction and contact together."
)
OPTIONAL = frozenset({"mail"})
"""What `doctor` may warn of in an instance that is live: mail is a choice, everything else is to be mended."""


def left(unit: Unit) -> datetime | None:
    """Since when the instance is live; None in evaluation mode."""
    text = meta.get(unit, LEFT)
    return datetime.fromisoformat(text) if text else None


def drilled(unit: Unit, by: str, day: date) -> None:
    """Keeps the day of a restore drill. Raises Invalid."""
    today = unit.now.date()
    if day > today:
        raise Invalid("The day of the restore drill lies in the future")
    if today - day > DRILL_AGE:
        raise Invalid("A restore drill of more than a year ago proves nothing: make a new one")
    meta.put(unit, DRILL, day.isoformat())
    audit.record(unit, by, "restore.drill", unit.context.settings.origin, day=day.isoformat())


def conditions(
    unit: Unit, examined: Sequence[Remark], *, gates_complete: bool = GATES_COMPLETE
) -> list[Remark]:
    """What must be true first, and one recommendation. examined: what `doctor` said just now."""
    return [
        _gates(complete=gates_complete),
        _doctor(examined),
        _drill(unit),
        *_papers(unit),
        _staff(unit),
        _posts(unit.context.settings.posts),
    ]


def leave(
    unit: Unit, by: str, examined: Sequence[Remark], *, gates_complete: bool = GATES_COMPLETE
) -> datetime:
    """Ends evaluation mode for good. Raises Conflict where it has ended, Invalid where something is missing."""
    if left(unit) is not None:
        raise Conflict("Evaluation mode has been left already")
    found = conditions(unit, examined, gates_complete=gates_complete)
    missing = [one.topic for one in found if one.level is Level.FAIL]
    if missing:
        raise Invalid("The instance stays in evaluation mode. Not met: %(topics)s", topics=", ".join(missing))
    meta.put(unit, LEFT, iso(unit.now))
    audit.record(unit, by, "evaluation.left", unit.context.settings.origin, drill=meta.get(unit, DRILL))
    unit.changed(ChangeKind.LIVE, unit.context.settings.origin)
    return unit.now


# -- the conditions --------------------------------------------------------------------------------------


def _gates(*, complete: bool) -> Remark:
    if complete:
        return Remark(
            "gates", Level.OK, N_("The gates that look for identifying details are complete in this release.")
        )
    return Remark(
        "gates",
        Level.FAIL,
        N_(
            "The gates that look for identifying details in texts and pictures are not complete in this release."
        ),
        N_(
            "Nothing that you can do here changes that: keep to evaluation until a release says that they are."
        ),
    )


def _doctor(examined: Sequence[Remark]) -> Remark:
    wrong = {
        one.topic: None
        for one in examined
        if one.level is Level.FAIL or (one.level is Level.WARN and one.topic not in OPTIONAL)
    }
    if not wrong:
        return Remark("doctor", Level.OK, N_("`consilium doctor` is green."))
    return Remark(
        "doctor",
        Level.FAIL,
        N_("`consilium doctor` is not green: %(topics)s."),
        N_("Run `consilium doctor` and do what it says. Only that mail is not set up may stay."),
        {"topics": ", ".join(wrong)},
    )


def _drill(unit: Unit) -> Remark:
    action = N_(
        "Restore the newest backup on another machine (docs/admin/backup.md), then `consilium golive --drill YYYY-MM-DD`."
    )
    text = meta.get(unit, DRILL)
    if text is None:
        return Remark("drill", Level.FAIL, N_("No restore drill is dated."), action)
    if unit.now.date() - date.fromisoformat(text) > DRILL_AGE:
        message = N_("The last restore drill, of %(day)s, is more than a year old.")
        return Remark("drill", Level.FAIL, message, action, {"day": text})
    return Remark("drill", Level.OK, N_("The last restore drill was on %(day)s."), values={"day": text})


def _papers(unit: Unit) -> list[Remark]:
    papers = partners.stated(unit)
    return [
        Remark("officer", Level.OK, N_("Data protection officer: %(name)s."), values={"name": papers.officer})
        if papers.officer.strip()
        else Remark(
            "officer",
            Level.FAIL,
            N_("No data protection officer is named."),
            STATE,
        ),
        Remark(
            "contact",
            Level.OK,
            N_("Contact who answers within 24 hours: %(name)s."),
            values={"name": papers.contact},
        )
        if papers.contact.strip()
        else Remark(
            "contact",
            Level.FAIL,
            N_("No contact is named who answers within 24 hours."),
            STATE,
        ),
    ]


def _staff(unit: Unit) -> Remark:
    names = second_factors.staff_without(unit)
    if not names:
        return Remark("staff", Level.OK, N_("Everybody on the staff has a second factor."))
    return Remark(
        "staff",
        Level.FAIL,
        N_("Without a second factor: %(names)s."),
        N_("Ask them to sign in and set one up under *Security*, or take the role from them."),
        {"names": ", ".join(f"@{name}" for name in names)},
    )


def _posts(ceiling: PostsCeiling) -> Remark:
    if ceiling is PostsCeiling.GROUPS:
        return Remark("posts", Level.OK, N_("A post that names no group is refused."))
    return Remark(
        "posts",
        Level.WARN,
        N_("A post whose author forgot to name the group goes to followers, or further."),
        N_("Recommended, not demanded: CONSILIUM_POSTS=groups."),
    )
