"""The one decision: fails closed where the engine fails open, and the shipped rules say what the design says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter

import pytest

from server.domain.boundary import (
    NO_AUTHOR,
    NO_CONTENT,
    NO_GROUP,
    Action,
    ContentClass,
    ContentFacts,
    ContentForm,
    Direction,
    Effect,
    Facts,
    GroupAccess,
    GroupFacts,
    HostStanding,
    MediaKind,
    PeerFacts,
    PostsReach,
    Tier,
    effective_class,
)
from server.domain.policies import Link
from server.policy.compile import PolicyError, Rule, base_source, parse_rules, unique_rules
from server.policy.decide import PolicySet, base_set, compile_set, decide, describe, release
from server.policy.entities import UnknownFactError, from_record, record
from server.policy.templates import LinkError

BASE = base_set()
PEER = PeerFacts("peer.example", Tier.T1, False, False, "FR", False, frozenset(), HostStanding.OWN)
POST = ContentFacts(ContentForm.POST, ContentClass.NOTICE, frozenset(), "fr", frozenset())
FACTS = Facts(Direction.OUT, Action.DELIVER, PEER, NO_GROUP, POST, NO_AUTHOR, PostsReach.FOLLOWERS)
CLOSED = GroupFacts("https://here.example/actors/7", GroupAccess.CLOSED, "cardiology")
PERMIT = '@id("house.permit") permit(principal, action, resource);'


def facts(
    *,
    tier: Tier = Tier.T1,
    form: ContentForm = ContentForm.POST,
    rank: ContentClass = ContentClass.NOTICE,
    kinds: frozenset[MediaKind] = frozenset(),
    group: GroupFacts = NO_GROUP,
    action: Action = Action.DELIVER,
    direction: Direction = Direction.OUT,
    held: bool = False,
    author_host: HostStanding = HostStanding.OWN,
    posts: PostsReach = PostsReach.FOLLOWERS,
) -> Facts:
    return Facts(
        direction,
        action,
        replace(PEER, tier=tier, held=held, author_host=author_host),
        group,
        replace(POST, form=form, content_class=rank, kinds=kinds),
        NO_AUTHOR,
        posts,
    )


def effect(asked: Facts, policy: PolicySet = BASE) -> Effect:
    decision = decide(asked, policy)
    assert decision.alarm == ""
    return decision.effect


def test_ordinary_posts_cross_to_connected_peers() -> None:
    decision = decide(FACTS, BASE)
    assert decision.effect is Effect.ALLOW
    assert decision.rules == ("base.connected-ordinary-posts",)
    assert decision.policy_version == BASE.version


def test_without_a_permit_nothing_crosses() -> None:
    assert decide(FACTS, compile_set()) == replace(
        decide(FACTS, compile_set()), effect=Effect.DENY, rules=(), alarm=""
    )


def test_a_hold_without_a_permit_is_a_denial() -> None:
    held = '@id("house.hold") @set("hold") permit(principal, action, resource);'
    assert effect(FACTS, compile_set(held)) is Effect.DENY
    both = compile_set(held, PERMIT)
    assert decide(FACTS, both).effect is Effect.HOLD
    assert decide(FACTS, both).rules == ("house.hold",)
    assert release(FACTS, both).effect is Effect.ALLOW
    assert release(FACTS, both).rules == ("house.permit",)


def test_a_forbid_beats_permit_and_hold() -> None:
    policy = compile_set(
        PERMIT,
        '@id("house.hold") @set("hold") permit(principal, action, resource);'
        '@id("house.no") forbid(principal, action, resource) when { context.content.rank == 0 };',
    )
    assert decide(FACTS, policy).effect is Effect.DENY
    assert decide(FACTS, policy).rules == ("house.no",)
    assert release(FACTS, policy).effect is Effect.DENY


@pytest.mark.parametrize(
    "where", ['@id("house.bad") forbid', '@id("house.bad") @set("hold") permit', '@id("house.bad") permit']
)
def test_a_rule_that_raises_denies_with_an_alarm(where: str) -> None:
    raising = (
        f"{where}(principal, action, resource) when {{ 9223372036854775807 + context.author.level > 0 }};"
    )
    policy = compile_set(PERMIT, raising)
    calm = decide(FACTS, policy)
    assert calm.alarm == "" or "forbid" not in where
    strained = replace(FACTS, author=replace(NO_AUTHOR, level=1))
    for _ in range(2):
        decision = decide(strained, policy)
        assert (decision.effect, decision.rules) == (Effect.DENY, ())
        assert decision.alarm == "a rule could not be evaluated"


class _Engine:
    """A broken engine in the place of the real one."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = rules

    def ask(self, facts: Facts, context: str) -> tuple[bool, tuple[str, ...]]:
        raise TypeError("broken binding")


def test_an_engine_that_raises_denies_with_an_alarm() -> None:
    policy = PolicySet(unique_rules(parse_rules(base_source())), make_slice=_Engine)
    for decision in (decide(FACTS, policy), release(FACTS, policy)):
        assert decision.effect is Effect.DENY
        assert decision.alarm


@pytest.mark.parametrize(
    "broken",
    [
        replace(FACTS, author=replace(NO_AUTHOR, level="9")),  # type: ignore[arg-type]
        replace(FACTS, author=replace(NO_AUTHOR, level=True)),
        replace(FACTS, peer=replace(PEER, tier=9)),  # type: ignore[arg-type]
        replace(FACTS, peer=replace(PEER, held=None)),  # type: ignore[arg-type]
        replace(FACTS, peer=replace(PEER, labels=["a"])),  # type: ignore[arg-type]
        replace(FACTS, group=replace(NO_GROUP, access="hidden")),  # type: ignore[arg-type]
        replace(FACTS, content=None),  # type: ignore[arg-type]
        None,
    ],
)
def test_facts_of_unknown_value_are_denied_with_an_alarm(broken: Facts) -> None:
    decision = decide(broken, compile_set(PERMIT))
    assert decision.effect is Effect.DENY
    assert decision.alarm


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (PERMIT + PERMIT, "twice"),
        ("permit(principal, action, resource);", "no @id"),
        ('@id("") permit(principal, action, resource);', "no @id"),
        ('@id("No Good") permit(principal, action, resource);', "lower-case"),
        ('@id("a") permit(principal, action, resource) when { context.weather == "fine" };', "do not fit"),
        ('@id("a") permit(principal, action, resource) when { principal.tier == 1 };', "do not fit"),
        ('@id("a") permit(principal, action == Action::"steal", resource);', "do not fit"),
        ('@id("a") permit(principal == Doctor::"x", action, resource);', "do not fit"),
        ('@id("a") permit(principal, action, resource) when { context.peer.tier == "1" };', "do not fit"),
        ('@id("a") @set("hold") forbid(principal, action, resource);', "written as a permit"),
        ('@id("a") @set("later") permit(principal, action, resource);', "no set"),
        ('@id("a") permit(principal == ?principal, action, resource);', "linked"),
        ("permit(", "do not parse"),
    ],
)
def test_rules_that_cannot_be_taken_into_force(source: str, says: str) -> None:
    with pytest.raises(PolicyError, match=says):
        compile_set(source)


def test_an_id_may_not_come_from_two_sources() -> None:
    with pytest.raises(PolicyError, match="twice"):
        compile_set(base_source(), base_source())


def test_rules_for_a_peer_or_group_concern_it_alone() -> None:
    policy = compile_set(
        base_source(),
        '@id("house.no-peer") forbid(principal == Instance::"peer.example", action == Action::"deliver", resource);'
        '@id("house.no-group") forbid(principal, action, resource == Group::"https://here.example/actors/7");',
    )
    assert effect(FACTS, policy) is Effect.DENY
    assert effect(replace(FACTS, action=Action.FETCH), policy) is Effect.ALLOW
    other = replace(FACTS, peer=replace(PEER, origin="other.example", tier=Tier.T2))
    assert effect(other, policy) is Effect.ALLOW
    in_group = replace(other, group=CLOSED, content=replace(POST, form=ContentForm.GROUP))
    assert effect(in_group, policy) is Effect.DENY
    assert (
        effect(replace(in_group, group=replace(CLOSED, id="https://here.example/actors/8")), policy)
        is Effect.ALLOW
    )


def test_names_of_peers_are_data_never_rule_text() -> None:
    evil = 'x" , action, resource); permit(principal, action, resource); //'
    policy = compile_set(PERMIT, links=[Link("house.link", "template.peer-receives-nothing", peer=evil)])
    assert effect(FACTS, policy) is Effect.ALLOW
    assert effect(replace(FACTS, peer=replace(PEER, origin=evil)), policy) is Effect.DENY


def test_links_of_templates() -> None:
    policy = compile_set(
        base_source(),
        links=[
            Link("house.quiet", "template.peer-receives-nothing", peer="peer.example"),
            Link("house.review", "template.peer-sends-held", peer="peer.example"),
        ],
    )
    assert decide(FACTS, policy).rules == ("house.quiet",)
    inbound = replace(FACTS, direction=Direction.IN, action=Action.ACCEPT)
    assert decide(inbound, policy).effect is Effect.HOLD
    assert decide(inbound, policy).rules == ("house.review",)
    for wrong in (
        Link("house.a", "template.unknown", peer="x"),
        Link("house.a", "template.peer-receives-nothing"),
        Link("house.a", "template.peer-receives-nothing", peer="x", group="y"),
    ):
        with pytest.raises(LinkError):
            compile_set(links=[wrong])


D, C, R = ContentClass.DISCUSSION, ContentClass.CASE, ContentClass.RESTRICTED
DIRECT, GROUP, REMOVAL = ContentForm.DIRECT, ContentForm.GROUP, ContentForm.REMOVAL
OPEN = GroupFacts("https://here.example/actors/8", GroupAccess.OPEN, "")
IMAGE = frozenset({MediaKind.IMAGE})


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (facts(rank=D, kinds=IMAGE), Effect.ALLOW),
        (facts(rank=D, form=GROUP, group=OPEN), Effect.ALLOW),
        (facts(rank=D, form=DIRECT), Effect.ALLOW),
        (facts(rank=D, form=DIRECT, posts=PostsReach.GROUPS), Effect.DENY),
        (facts(rank=D, form=DIRECT, posts=PostsReach.GROUPS, tier=Tier.T2), Effect.ALLOW),
        (facts(rank=D, form=GROUP, group=CLOSED), Effect.DENY),
        (facts(rank=D, form=GROUP, group=CLOSED, tier=Tier.T2), Effect.ALLOW),
        (facts(rank=C, form=GROUP, group=CLOSED, tier=Tier.T2), Effect.ALLOW),
        (facts(rank=C, form=GROUP, group=OPEN, tier=Tier.T1), Effect.DENY),
        (facts(rank=C, form=GROUP, group=OPEN, tier=Tier.T2), Effect.ALLOW),
        (facts(rank=C, form=DIRECT), Effect.DENY),
        (facts(rank=C, form=DIRECT, tier=Tier.T2), Effect.ALLOW),
        (facts(rank=C, tier=Tier.T2), Effect.DENY),
        (facts(rank=R, form=GROUP, group=CLOSED, tier=Tier.T2), Effect.DENY),
        (facts(action=Action.JOIN, group=OPEN), Effect.ALLOW),
        (facts(action=Action.JOIN, group=CLOSED), Effect.DENY),
        (facts(action=Action.JOIN, group=CLOSED, tier=Tier.T2), Effect.ALLOW),
        (facts(form=REMOVAL, rank=C, group=CLOSED, tier=Tier.T2), Effect.ALLOW),
        (facts(kinds=frozenset({MediaKind.DICOM}), tier=Tier.T2), Effect.DENY),
        (facts(kinds=frozenset({MediaKind.DOCUMENT})), Effect.DENY),
        (facts(kinds=frozenset({MediaKind.VIDEO})), Effect.ALLOW),
        (
            facts(kinds=frozenset({MediaKind.VIDEO}), rank=C, form=GROUP, group=CLOSED, tier=Tier.T2),
            Effect.DENY,
        ),
        (facts(author_host=HostStanding.BLOCKED), Effect.DENY),
        (facts(author_host=HostStanding.UNKNOWN, direction=Direction.IN, action=Action.ACCEPT), Effect.DENY),
        (
            facts(author_host=HostStanding.INTRODUCED, direction=Direction.IN, action=Action.ACCEPT),
            Effect.DENY,
        ),
        (
            facts(
                author_host=HostStanding.INTRODUCED,
                direction=Direction.IN,
                action=Action.ACCEPT,
                form=GROUP,
                group=CLOSED,
                tier=Tier.T2,
            ),
            Effect.ALLOW,
        ),
        (facts(direction=Direction.IN, action=Action.ACCEPT, held=True), Effect.HOLD),
        (facts(direction=Direction.IN, action=Action.JOIN, group=OPEN, held=True), Effect.HOLD),
        (facts(direction=Direction.IN, action=Action.ACCEPT, held=True, form=REMOVAL), Effect.ALLOW),
        (facts(direction=Direction.OUT, held=True), Effect.ALLOW),
        (facts(direction=Direction.IN, action=Action.ACCEPT, held=True, tier=Tier.T0), Effect.DENY),
    ],
)
def test_the_shipped_rules(asked: Facts, expected: Effect) -> None:
    assert effect(asked) is expected


def test_the_version_names_the_rules_not_their_layout() -> None:
    assert compile_set(PERMIT).version == compile_set("// a remark\n\n" + PERMIT).version
    assert compile_set(PERMIT).version != BASE.version
    assert {rule["id"] for rule in describe(BASE)} == {rule.id for rule in BASE.rules}


def test_recorded_facts_come_back_and_nothing_else_does() -> None:
    asked = facts(rank=C, kinds=IMAGE, group=CLOSED, form=GROUP)
    kept = record(asked)
    assert from_record(kept) == asked
    for damaged in (
        {**kept, "weather": "fine"},
        {name: value for name, value in kept.items() if name != "posts"},
        {**kept, "peer": {**kept["peer"], "tier": 7}},
        {**kept, "peer": {**kept["peer"], "shoe": 43}},
        {**kept, "content": {**kept["content"], "class": "notice"}},
        {**kept, "author": None},
    ):
        with pytest.raises(UnknownFactError):
            from_record(damaged)


def test_images_among_members_and_in_messages_are_cases() -> None:
    notice = ContentClass.NOTICE
    assert effective_class(notice, GROUP, GroupAccess.CLOSED, IMAGE) is C
    assert effective_class(notice, DIRECT, GroupAccess.NONE, IMAGE) is C
    assert effective_class(notice, ContentForm.POST, GroupAccess.NONE, IMAGE) is notice
    assert effective_class(R, DIRECT, GroupAccess.NONE, IMAGE) is R
    assert effective_class(NO_CONTENT.content_class, GROUP, GroupAccess.SECRET, frozenset()) is notice


def test_a_decision_is_cheap() -> None:
    """Generous bounds, ten times what was measured: they catch a lost cache or a lost compilation, not a busy machine."""
    many = [replace(FACTS, peer=replace(PEER, origin=f"h{n}.example")) for n in range(300)]
    start = perf_counter()
    for asked in many:
        decide(asked, BASE)
    uncached = (perf_counter() - start) / len(many)
    start = perf_counter()
    for asked in many:
        decide(asked, BASE)
    cached = (perf_counter() - start) / len(many)
    assert uncached < 0.0015
    assert cached < 0.0001
