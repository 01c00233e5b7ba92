"""The test round with a partner: a throwaway group here, one person of each side, an invented case, its answer, its end and the receipt.

Each call does what can be done from here now; what the other side has to do is waited for, and said. It refuses to begin with
whoever is no partner: nothing of members-only groups crosses before, not even an invented case. The side that joins knows the round by
the group's document, sees the same steps from where it stands, and its end by the group's own word.
"""

from __future__ import annotations

from federation.types import Origin
from server.core.errors import Conflict, Invalid, NotFound
from server.core.i18n import N_
from server.domain.accounts import Account
from server.domain.boundary import ContentClass, GroupAccess
from server.domain.groups import Admission, MembershipState
from server.domain.ledger import PurgeState
from server.domain.pairing import Actor
from server.domain.posts import Post
from server.domain.trials import Trial, TrialLine
from server.domain.trust import Trust
from server.services import accounts, audit, instances, ledger, partners, purges
from server.services.groups import founding, leaving
from server.services.posts import visible
from server.services.posts.delete import delete
from server.services.posts.publish import publish
from server.services.posts.writing import Draft
from server.store import memberships
from server.store import trials as rows
from server.store.session import Unit

CASE = N_(
    "An invented case, about nobody: palpitations since this morning, regular, 150 a minute. Please answer this post, so that the "
    "test round can go on."
)
TITLE = N_("Test round with %(domain)s")
DAYS = 1

SAID: dict[str, str] = {
    "group": N_("A group for this alone was made."),
    "joined": N_("One person of theirs has joined it."),
    "posted": N_("The invented case was sent there."),
    "answered": N_("Their person has answered it."),
    "withdrawn": N_("The case was taken back."),
    "receipted": N_("They signed that it is gone."),
    "dissolved": N_("The group is dissolved."),
}
THEIRS: dict[str, str] = {
    "group": N_("They have made a group for this alone."),
    "joined": N_("One person of yours has joined it."),
    "posted": N_("The invented case came here."),
    "answered": N_("Your person has answered it."),
    "withdrawn": N_("They have taken the case back."),
    "receipted": N_("Your server has signed that it is gone."),
    "dissolved": N_("They have dissolved the group."),
}
"""The same, where the other side began the round."""


def find(unit: Unit, domain: Origin) -> Trial | None:
    return rows.find(unit, domain)


def group_of(unit: Unit, trial: Trial) -> Account:
    return accounts.get(unit, trial.group_id)


def group_name(unit: Unit, trial: Trial) -> str:
    """As people of both sides write it."""
    group = group_of(unit, trial)
    return f"@{group.username}@{group.domain or unit.context.settings.domain}"


def lines(unit: Unit, trial: Trial) -> list[TrialLine]:
    """What was seen of the round, in order, and who makes each come true."""
    if trial.theirs:
        return _lines_of_theirs(unit, trial)
    posted = trial.post_uri is not None and ledger.has(unit, trial.post_uri, trial.domain)
    done = trial.withdrawn_at is not None
    seen = {
        "group": (True, Actor.US),
        "joined": (trial.post_uri is not None or _joined(unit, trial), Actor.THEM),
        "posted": (posted, Actor.US if trial.post_uri is None else Actor.SERVER),
        "answered": (done or _answered(unit, trial), Actor.THEM),
        "withdrawn": (done, Actor.US),
        "receipted": (trial.passed or _receipted(unit, trial), Actor.SERVER),
        "dissolved": (trial.ended_at is not None, Actor.US),
    }
    return [TrialLine(check, passed, actor, SAID[check]) for check, (passed, actor) in seen.items()]


def _lines_of_theirs(unit: Unit, trial: Trial) -> list[TrialLine]:
    """Read from what came here. Of a round that has passed everything was seen, also what is not kept any more."""
    group = accounts.get(unit, trial.group_id)
    gone = rows.receipted(unit, group.uri)
    case = gone or rows.case_of(unit, group.id, trial.domain)
    inside = memberships.at_origin(unit, group.id, unit.context.settings.origin, [MembershipState.ACTIVE])
    seen = {
        "group": (True, Actor.THEM),
        "joined": (case is not None or bool(inside), Actor.US),
        "posted": (case is not None, Actor.THEM),
        "answered": (case is not None and rows.answered(unit, group.id, case, ""), Actor.US),
        "withdrawn": (gone is not None, Actor.THEM),
        "receipted": (gone is not None, Actor.SERVER),
        "dissolved": (trial.ended_at is not None, Actor.THEM),
    }
    return [
        TrialLine(check, passed or trial.passed, actor, THEIRS[check])
        for check, (passed, actor) in seen.items()
    ]


def begin(unit: Unit, by: str, domain: Origin, founder: Account, title: str) -> Trial:
    """founder: a verified member here, who takes part for this side. Raises Invalid, Conflict."""
    found = rows.find(unit, domain)
    if found is not None and found.ended_at is None:
        raise Conflict("A test round with %(domain)s is under way", domain=domain)
    partner, instance = partners.find(unit, domain), instances.find(unit, domain)
    allowed = instance is not None and instance.trust is Trust.ALLOWED
    if partner is None or not allowed or not partner.partner(unit.now):
        raise Invalid("%(domain)s is no partner: there is nothing to try yet", domain=domain)
    settings = founding.Settings(
        title=title,
        access=GroupAccess.CLOSED,
        admission=Admission.AUTOMATIC,
        class_floor=ContentClass.CASE,
        retention_days=DAYS,
        listed=False,
    )
    group = founding.create(unit, by, f"trial_{unit.new_id()}", settings, founder)
    values = {"domain": domain, "group_id": group.id, "founder_id": founder.id, "started_at": unit.now}
    rows.begin(unit, values)
    audit.record(unit, by, "partner.trial", domain, step="begun", group=group.id)
    return _get(unit, domain)


def go_on(unit: Unit, by: str, domain: Origin, case: str) -> Trial:
    """Does what is our turn; nothing where it is theirs. case: the text of the invented case."""
    trial = _under_way(unit, domain)
    if trial.theirs:
        raise Conflict("%(domain)s has begun this round, and goes on with it", domain=domain)
    founder = accounts.get(unit, trial.founder_id)
    if trial.post_uri is None and _joined(unit, trial):
        group = group_of(unit, trial)
        handle = f"@{group.username}@{unit.context.settings.domain}"
        rows.change(unit, domain, {"post_uri": publish(unit, founder, Draft(text=f"{handle} {case}")).uri})
        audit.record(unit, by, "partner.trial", domain, step="posted")
    elif trial.withdrawn_at is None and _answered(unit, trial):
        post = _case(unit, trial)
        if post is not None:
            delete(unit, founder, post.id)
        rows.change(unit, domain, {"withdrawn_at": unit.now})
        audit.record(unit, by, "partner.trial", domain, step="withdrawn")
    elif _receipted(unit, trial):
        _end(unit, by, trial, passed=True)
    return _get(unit, domain)


def give_up(unit: Unit, by: str, domain: Origin) -> Trial:
    """Ends a round at any step: its group is dissolved, and what was sent is asked back. Of theirs, whoever is in it from here leaves."""
    trial = _under_way(unit, domain)
    if trial.theirs:
        _leave(unit, by, trial)
    else:
        _end(unit, by, trial, passed=False)
    return _get(unit, domain)


# -- a round that they began -----------------------------------------------------------------------------


def learn(unit: Unit, group: Account) -> None:
    """Somebody here looks at a group that was made to try us. A round of ours that is under way stands."""
    domain = group.origin(unit.context.settings.origin)
    found = rows.find(unit, domain)
    if found is not None and (found.group_id == group.id or (found.ended_at is None and not found.theirs)):
        return
    rows.begin(unit, {"domain": domain, "group_id": group.id, "founder_id": 0, "started_at": unit.now})
    audit.record(unit, domain, "partner.trial", domain, step="heard of", group=group.id)


def end_theirs(unit: Unit, group: Account) -> None:
    """The group says that it is dissolved. It has passed where everything before was seen here."""
    domain = group.origin(unit.context.settings.origin)
    trial = rows.find(unit, domain)
    if trial is None or not trial.theirs or trial.group_id != group.id or trial.ended_at is not None:
        return
    passed = all(one.passed for one in lines(unit, trial) if one.check != "dissolved")
    rows.change(unit, domain, {"ended_at": unit.now, "passed": passed})
    audit.record(unit, domain, "partner.trial", domain, step="passed" if passed else "given up")


def _leave(unit: Unit, by: str, trial: Trial) -> None:
    group, own = group_of(unit, trial), unit.context.settings.origin
    inside = [MembershipState.ACTIVE, MembershipState.SUSPENDED, MembershipState.REQUESTED]
    for _, member in memberships.at_origin(unit, group.id, own, inside):
        leaving.leave(unit, member, group)
    rows.change(unit, trial.domain, {"ended_at": unit.now})
    audit.record(unit, by, "partner.trial", trial.domain, step="left")


# -- what these share ------------------------------------------------------------------------------------


def _end(unit: Unit, by: str, trial: Trial, *, passed: bool) -> None:
    founding.dissolve(unit, by, group_of(unit, trial))
    rows.change(unit, trial.domain, {"ended_at": unit.now, "passed": passed})
    audit.record(unit, by, "partner.trial", trial.domain, step="passed" if passed else "given up")


def _get(unit: Unit, domain: Origin) -> Trial:
    found = rows.find(unit, domain)
    if found is None:
        raise NotFound("There is no test round with %(domain)s", domain=domain)
    return found


def _under_way(unit: Unit, domain: Origin) -> Trial:
    found = _get(unit, domain)
    if found.ended_at is not None:
        raise Conflict("The test round with %(domain)s has ended", domain=domain)
    return found


def _joined(unit: Unit, trial: Trial) -> bool:
    return bool(memberships.at_origin(unit, trial.group_id, trial.domain, [MembershipState.ACTIVE]))


def _answered(unit: Unit, trial: Trial) -> bool:
    return trial.post_uri is not None and rows.answered(unit, trial.group_id, trial.post_uri, trial.domain)


def _receipted(unit: Unit, trial: Trial) -> bool:
    if trial.post_uri is None or trial.withdrawn_at is None:
        return False
    asked = [one for one in purges.of_object(unit, trial.post_uri) if one.host == trial.domain]
    return bool(asked) and all(one.state is PurgeState.DONE for one in asked)


def _case(unit: Unit, trial: Trial) -> Post | None:
    return None if trial.post_uri is None else visible.find_by_uri(unit, trial.post_uri)
