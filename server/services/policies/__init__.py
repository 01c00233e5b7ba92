"""The rules in force: the shipped ones and the house's own. What opens something wants a second person.

Own rules that do not compile any more, after an upgrade, let nothing cross until somebody repairs them.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from dataclasses import astuple, replace
from hashlib import sha256
from threading import Lock

from server.core.errors import Conflict, Invalid, NotFound, NotPermitted
from server.core.log import logger
from server.domain.changes import ChangeKind
from server.domain.policies import Link, OwnRules, Policy, PolicyState
from server.policy.compile import PolicyError, base_source
from server.policy.decide import PolicySet, base_set, compile_set
from server.policy.places import Fault, faults
from server.policy.templates import LinkError
from server.services import audit
from server.store import policies as rows
from server.store import streams
from server.store.session import Unit

log = logger("policies")
MOST_TEXT = 200_000
MOST_LINKS = 2_000
_KEPT = 4
_SHIPPED = "base."


class _Compiled:
    """The last few sets by the digest of the own rules in them, for all threads."""

    def __init__(self) -> None:
        self._sets: OrderedDict[str, PolicySet] = OrderedDict()
        self._lock = Lock()

    def get(self, digest: str) -> PolicySet | None:
        return self._sets.get(digest)

    def put(self, digest: str, made: PolicySet) -> PolicySet:
        with self._lock:
            self._sets[digest] = made
            while len(self._sets) > _KEPT:
                self._sets.popitem(last=False)
        return made


_compiled = _Compiled()


def current(unit: Unit) -> PolicySet:
    """What decides in this transaction."""
    digest = rows.digest_in_force(unit)
    if not digest:
        return base_set()
    known = _compiled.get(digest)
    if known is not None:
        return known
    own = rows.in_force(unit)
    if own is None:
        return base_set()
    try:
        return _compiled.put(digest, compile_own(own.rules))
    except Invalid:
        log.error("policy.unusable", policy=own.id)
        return _compiled.put(digest, PolicySet(()))


def compile_own(own: OwnRules) -> PolicySet:
    """The shipped rules together with these. Raises Invalid with the reason in words."""
    check_size(own)
    try:
        made = compile_set(base_source(), own.text, links=own.links)
    except (PolicyError, LinkError) as error:
        raise Invalid("The rules cannot be taken into force: %(why)s", why=str(error)) from None
    shipped = {rule.id for rule in base_set().rules}
    for rule in made.rules:
        if rule.id.startswith(_SHIPPED) and rule.id not in shipped:
            raise Invalid(
                "The rules cannot be taken into force: %(why)s", why=f"{rule.id}: base. is for shipped rules"
            )
    return made


def check_size(own: OwnRules) -> None:
    """Raises Invalid for what no house may have, before anything is done with it."""
    if "\0" in own.text:
        raise Invalid("The rules hold a character that no text may have")
    if len(own.text) > MOST_TEXT or len(own.links) > MOST_LINKS:
        raise Invalid("These are more rules than one house may have")


def own_rules(unit: Unit) -> OwnRules:
    """What the house has in force beside the shipped rules."""
    found = rows.in_force(unit)
    return found.rules if found is not None else OwnRules()


def place(text: str) -> list[Fault]:
    """Where a text of rules is wrong; nothing where that is not known, or where it is too long to be looked at."""
    return faults(text) if len(text) <= MOST_TEXT else []


def version_in_force(unit: Unit) -> str:
    """Says exactly which own rules are in force."""
    return rows.digest_in_force(unit) or _digest(OwnRules())


def on_top_of(unit: Unit, version: str, own: OwnRules) -> OwnRules:
    """Rules that somebody wrote who saw a version. Raises Conflict where another is in force by now."""
    if version != version_in_force(unit):
        raise Conflict(
            "Other rules have come into force since you opened these. Yours are still here: compare them before you go on"
        )
    return own


def loosened(was: PolicySet, would: PolicySet) -> tuple[str, ...]:
    """Ids of rules by which more might cross: permits that are new or changed, forbids and holds that are gone or changed."""
    before, after = {rule.id: rule for rule in was.rules}, {rule.id: rule for rule in would.rules}
    opened = {
        rule.id for rule in would.rules if not rule.hold and not rule.forbids and before.get(rule.id) != rule
    }
    opened |= {rule.id for rule in was.rules if (rule.hold or rule.forbids) and after.get(rule.id) != rule}
    return tuple(sorted(opened))


def propose(unit: Unit, by: str, own: OwnRules, note: str = "") -> Policy:
    """Takes rules into force at once where they open nothing; else they wait for a second person.

    by: as in the audit log. Raises Invalid; Conflict where they are in force or proposed already.
    """
    made = compile_own(own)
    digest = _digest(own)
    if digest == version_in_force(unit):
        raise Conflict("These rules are in force already")
    if any(one.digest == digest for one in rows.in_state(unit, PolicyState.PROPOSED)):
        raise Conflict("These rules are proposed already and wait for a second person")
    opens = loosened(current(unit), made)
    proposed = Policy(
        id=unit.new_id(),
        digest=digest,
        rules=own,
        state=PolicyState.PROPOSED,
        at=unit.now,
        by=by,
        note=note.strip()[:500],
        loosens=opens,
        decided_at=None,
        decided_by="",
    )
    rows.add(unit, proposed)
    audit.record(
        unit,
        by,
        "policy.propose",
        str(proposed.id),
        version=made.version,
        loosens=len(opens),
        note=proposed.note,
    )
    return proposed if opens else _take(unit, by, proposed)


def approve(unit: Unit, by: str, policy_id: int) -> Policy:
    """The second person agrees. Raises NotFound, NotPermitted (the same person), Conflict, Invalid (compiles no more)."""
    found = get_proposed(unit, policy_id)
    if found.by == by:
        raise NotPermitted("A second person must approve these rules: you proposed them")
    opens = loosened(current(unit), compile_own(found.rules))
    if not set(opens) <= set(found.loosens):
        raise Conflict(
            "The rules in force have changed since: this would open more than was shown. Propose it again"
        )
    return _take(unit, by, found)


def refuse(unit: Unit, by: str, policy_id: int) -> Policy:
    """Ends a proposal; also for the person who made it. Raises NotFound, Conflict."""
    found = get_proposed(unit, policy_id)
    if not rows.decide(unit, found.id, PolicyState.PROPOSED, PolicyState.REFUSED, by):
        raise Conflict("Somebody has decided about these rules already")
    audit.record(unit, by, "policy.refuse", str(found.id))
    return replace(found, state=PolicyState.REFUSED, decided_at=unit.now, decided_by=by)


def get_proposed(unit: Unit, policy_id: int) -> Policy:
    """What waits for a second person. Raises NotFound, Conflict."""
    found = rows.find(unit, policy_id)
    if found is None:
        raise NotFound
    if found.state is not PolicyState.PROPOSED:
        raise Conflict("Somebody has decided about these rules already")
    return found


def _take(unit: Unit, by: str, proposed: Policy) -> Policy:
    rows.replace_in_force(unit)
    if not rows.decide(unit, proposed.id, PolicyState.PROPOSED, PolicyState.IN_FORCE, by):
        raise Conflict("Somebody has decided about these rules already")
    audit.record(unit, by, "policy.in-force", str(proposed.id), version=compile_own(proposed.rules).version)
    unit.changed(ChangeKind.POLICY, proposed.id)
    streams.go_back(unit)  # what the old ones refused may be permitted now
    return replace(proposed, state=PolicyState.IN_FORCE, decided_at=unit.now, decided_by=by)


def with_link(own: OwnRules, link: Link) -> OwnRules:
    """A form that was filled in. Raises Conflict where the rule id is used."""
    if any(one.rule_id == link.rule_id for one in own.links):
        raise Conflict("A rule with the id %(rule)s is there already", rule=link.rule_id)
    return replace(own, links=(*own.links, link))


def without_link(own: OwnRules, rule_id: str) -> OwnRules:
    """Raises NotFound where no form made such a rule."""
    rest = tuple(link for link in own.links if link.rule_id != rule_id)
    if len(rest) == len(own.links):
        raise NotFound
    return replace(own, links=rest)


def history(unit: Unit, limit: int = 50) -> list[Policy]:
    """Newest first."""
    return rows.all_(unit, limit)


def get(unit: Unit, policy_id: int) -> Policy:
    """Raises NotFound."""
    found = rows.find(unit, policy_id)
    if found is None:
        raise NotFound
    return found


def _digest(own: OwnRules) -> str:
    said = json.dumps([own.text.strip(), sorted(astuple(link) for link in own.links)])
    return sha256(said.encode()).hexdigest()
