"""`decide(facts, policy)`: the one answer to whether something may cross.

The engine fails open: a forbid that raises is skipped, and a hold beside a permit changes nothing. So the release set
(permits and hard forbids) is asked first, and any error, exception or missing decision there is a denial with an
alarm; only what it allows is shown to the hold set, whose errors deny as well. No other path leads to an allow.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache
from typing import Protocol

import cedarpy

from server.domain.boundary import Decision, Effect, Facts
from server.domain.policies import Link
from server.policy.compile import (
    Rule,
    base_source,
    engine_set,
    link_rules,
    parse_rules,
    unique_rules,
    version_of,
)
from server.policy.entities import UnknownFactError, context_json, require_known

_NO_ENTITIES = cedarpy.Entities.from_json_str("[]")
_CACHED_DECISIONS = 8192
_CACHED_SLICES = 1024


class EngineAlarm(Exception):
    """The engine could not be believed; becomes a denial, is never cached."""


class Engine(Protocol):
    """One sliced set, ready to be asked: the ids of the rules that matched and whether they allow."""

    def ask(self, facts: Facts, context: str) -> tuple[bool, tuple[str, ...]]: ...


class CedarSlice:
    """Rules of one set that may concern one action, peer and group."""

    __slots__ = ("_count", "_set")

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._count = len(rules)
        self._set = engine_set(rules)

    def ask(self, facts: Facts, context: str) -> tuple[bool, tuple[str, ...]]:
        """Raises EngineAlarm on anything but a clean decision."""
        if not self._count:
            return False, ()
        request = {
            "principal": {"type": "Instance", "id": facts.peer.origin},
            "action": {"type": "Action", "id": facts.action.value},
            "resource": {"type": "Group", "id": facts.group.id},
            "context": context,
        }
        try:
            answer = cedarpy.is_authorized(request, self._set, _NO_ENTITIES)
            decision, diagnostics = answer.decision, answer.diagnostics
        except (
            Exception
        ) as error:  # the engine's binding may raise anything, and each of it means: do not let through
            raise EngineAlarm(f"the engine failed: {type(error).__name__}") from error
        if diagnostics.errors:
            raise EngineAlarm("a rule could not be evaluated")
        if decision is cedarpy.Decision.NoDecision:
            raise EngineAlarm("the engine made no decision")
        names = diagnostics.id_annotations_by_reason
        try:
            rules = tuple(sorted(names[reason] for reason in diagnostics.reasons))
        except KeyError as error:
            raise EngineAlarm("the engine named a rule without an id") from error
        return decision is cedarpy.Decision.Allow, rules


class PolicySet:
    """Compiled rules under one version. Made by `compile_set`; safe to share between threads."""

    __slots__ = ("_actual", "_groups", "_peers", "_slice", "rules", "version")

    def __init__(
        self, rules: tuple[Rule, ...], make_slice: Callable[[Sequence[Rule]], Engine] = CedarSlice
    ) -> None:
        self.rules = rules
        self.version = version_of(rules)
        self._peers = frozenset(rule.peer for rule in rules if rule.peer is not None)
        self._groups = frozenset(rule.group for rule in rules if rule.group is not None)

        # compiling is dear, and most peers and groups share their rules
        @lru_cache(maxsize=_CACHED_SLICES)
        def compiled(places: tuple[int, ...]) -> Engine:
            return make_slice([rules[place] for place in places])

        def cut(action: str, peer: str | None, group: str | None) -> tuple[Engine, Engine]:
            # None is no name: a rule that names a peer or group does not concern it
            concerned = [place for place, r in enumerate(rules) if r.concerns(action, peer, group)]
            return (
                compiled(tuple(place for place in concerned if not rules[place].hold)),
                compiled(tuple(place for place in concerned if rules[place].hold)),
            )

        self._slice = lru_cache(maxsize=_CACHED_DECISIONS)(cut)
        self._actual = lru_cache(maxsize=_CACHED_DECISIONS)(self._evaluate)

    def decide(self, facts: Facts) -> Decision:
        try:
            return self._actual(facts)
        except (EngineAlarm, UnknownFactError, TypeError) as alarm:
            # TypeError: facts that cannot be hashed are not facts
            return Decision(Effect.DENY, (), self.version, alarm=str(alarm))

    def release(self, facts: Facts) -> Decision:
        """Step one alone, asked anew: for what a person lets go."""
        try:
            require_known(facts)
            allowed, rules = self._engines(facts)[0].ask(facts, context_json(facts))
        except (EngineAlarm, UnknownFactError, TypeError) as alarm:
            return Decision(Effect.DENY, (), self.version, alarm=str(alarm))
        return Decision(Effect.ALLOW if allowed else Effect.DENY, rules, self.version)

    def _engines(self, facts: Facts) -> tuple[Engine, Engine]:
        peer, group = facts.peer.origin, facts.group.id
        return self._slice(
            facts.action.value,
            peer if peer in self._peers else None,
            group if group in self._groups else None,
        )

    def _evaluate(self, facts: Facts) -> Decision:
        require_known(facts)
        release, hold = self._engines(facts)
        context = context_json(facts)
        allowed, rules = release.ask(facts, context)
        if not allowed:
            return Decision(Effect.DENY, rules, self.version)
        held, holding = hold.ask(facts, context)
        if held:
            return Decision(Effect.HOLD, holding, self.version)
        return Decision(Effect.ALLOW, rules, self.version)


def decide(facts: Facts, policy: PolicySet) -> Decision:
    """May this cross? Never raises; whatever is doubtful is a denial."""
    return policy.decide(facts)


def release(facts: Facts, policy: PolicySet) -> Decision:
    """The question for a held item that a person lets go: what forbids it now still does."""
    return policy.release(facts)


def compile_set(*sources: str, links: Iterable[Link] = ()) -> PolicySet:
    """The rules of all sources and links as one set; PolicyError or LinkError where they cannot be taken into force."""
    rules = [rule for source in sources for rule in parse_rules(source)]
    rules += link_rules(links)
    return PolicySet(unique_rules(rules))


@cache
def base_set() -> PolicySet:
    """The shipped rules alone."""
    return compile_set(base_source())


def describe(policy: PolicySet) -> list[dict[str, str]]:
    """The rules as an administrator lists them: id, set, effect, Cedar text."""
    return [
        {
            "id": rule.id,
            "set": "hold" if rule.hold else "release",
            "effect": "forbid" if rule.forbids else "permit",
            "text": cedarpy.policies_from_json_str(
                json.dumps({"templates": {}, "staticPolicies": {rule.id: rule.body}, "templateLinks": []})
            ),
        }
        for rule in policy.rules
    ]
