"""The boundary policy over every combination of facts: no crossing without a permit, nothing for an unknown peer."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from server.domain.boundary import (
    Action,
    AuthorFacts,
    ContentClass,
    ContentFacts,
    Direction,
    Effect,
    Facts,
    GroupAccess,
    GroupFacts,
    PeerFacts,
    Tier,
)
from server.policy.compile import schema_source
from server.policy.decide import base_set, compile_set, decide, release
from server.policy.entities import from_record, record

words = st.text(max_size=12)
labels = st.frozensets(words, max_size=3)
groups = st.one_of(
    st.just(GroupFacts("", GroupAccess.NONE, "")),
    st.builds(GroupFacts, id=words, access=st.sampled_from(list(GroupAccess)[1:]), specialty=words),
)
all_facts = st.builds(
    Facts,
    direction=...,
    action=...,
    peer=st.builds(PeerFacts, origin=words, jurisdiction=words, labels=labels),
    group=groups,
    content=st.builds(ContentFacts, language=words, checks=labels),
    author=st.builds(AuthorFacts, level=st.integers(0, 5), profession=words),
    posts=...,
)
BASE = base_set()
PERMITS = {rule.id for rule in BASE.rules if not rule.forbids and not rule.hold}
HOLDS = {rule.id for rule in BASE.rules if rule.hold}
FORBIDS = {rule.id for rule in BASE.rules if rule.forbids}
WITHOUT_PERMITS = compile_set(
    '@id("house.hold") @set("hold") permit(principal, action, resource);'
    '@id("house.no") forbid(principal, action, resource) when { context.author.pseudonymous };'
)


@settings(max_examples=400)
@given(all_facts)
def test_every_crossing_names_its_permit(facts: Facts) -> None:
    decision = decide(facts, BASE)
    assert decision.alarm == ""
    rules = set(decision.rules)
    if decision.effect is Effect.ALLOW:
        assert rules
        assert rules <= PERMITS
    elif decision.effect is Effect.HOLD:
        assert rules
        assert rules <= HOLDS
        assert set(release(facts, BASE).rules) <= PERMITS
    else:
        assert rules <= FORBIDS


@settings(max_examples=200)
@given(all_facts)
def test_nothing_crosses_without_a_permit(facts: Facts) -> None:
    assert decide(facts, WITHOUT_PERMITS).effect is Effect.DENY
    assert release(facts, WITHOUT_PERMITS).effect is Effect.DENY


@settings(max_examples=200)
@given(all_facts)
def test_the_unconnected_get_and_give_nothing(facts: Facts) -> None:
    unconnected = replace(facts, peer=replace(facts.peer, tier=Tier.T0))
    assert decide(unconnected, BASE).effect is Effect.DENY


@settings(max_examples=200)
@given(all_facts, st.sampled_from(Action))
def test_restricted_never_crosses_and_cases_leave_to_partners_only(facts: Facts, action: Action) -> None:
    restricted = replace(
        facts, action=action, content=replace(facts.content, content_class=ContentClass.RESTRICTED)
    )
    assert decide(restricted, BASE).effect is Effect.DENY
    leaving = replace(facts, action=action, direction=Direction.OUT)
    decision = decide(leaving, BASE)
    carries = facts.content.form != "removal"
    if decision.effect is not Effect.DENY and carries and facts.content.content_class >= ContentClass.CASE:
        assert facts.peer.tier is Tier.T2
        assert action is Action.JOIN or facts.content.form in {"group", "direct"}
    if decision.effect is not Effect.DENY and facts.group.access.members_only:
        assert facts.peer.tier is Tier.T2


@settings(max_examples=200)
@given(all_facts)
def test_more_trust_never_takes_a_permission_away(facts: Facts) -> None:
    if facts.peer.tier is Tier.T1 and decide(facts, BASE).effect is Effect.ALLOW:
        assert decide(replace(facts, peer=replace(facts.peer, tier=Tier.T2)), BASE).effect is Effect.ALLOW


@given(all_facts)
def test_facts_survive_being_recorded(facts: Facts) -> None:
    assert from_record(record(facts)) == facts


@given(all_facts)
def test_the_schema_names_every_fact_and_no_other(facts: Facts) -> None:
    named = {
        part for part in schema_source().replace(":", " ").replace(",", " ").split() if part.isidentifier()
    }
    kept = record(facts)
    for part, value in kept.items():
        assert part in named
        if isinstance(value, dict):
            assert value.keys() <= named
