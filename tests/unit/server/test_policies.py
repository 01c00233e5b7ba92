"""The house's own rules: what tightens is in force at once, what opens wants a second person, and each has its replay."""

from __future__ import annotations

import pytest

from federation.types import Origin
from server.core.errors import Conflict, Invalid, NotPermitted
from server.core.i18n import Catalogue
from server.domain.boundary import Action, ContentClass, ContentForm, Direction, Effect
from server.domain.policies import Link, OwnRules, PolicyState
from server.domain.posts import Visibility
from server.domain.trust import Trust
from server.policy.compile import templates
from server.policy.decide import base_set
from server.services import boundary, explanations, instances, policies
from server.services.boundary import Crossing
from server.services.policies import replay, words
from server.store.tables import policies as rows
from tests.support.house import House

THERE = Origin("there.example")
ELSEWHERE = Origin("elsewhere.example")
POST = Crossing(ContentForm.POST, ContentClass.DISCUSSION)
NOTHING_THERE = OwnRules(links=(Link("house.nothing-there", "template.peer-receives-nothing", peer=THERE),))
OPENS = OwnRules(text='@id("house.open") permit(principal, action, resource);')


def connected(house: House) -> None:
    for origin in (THERE, ELSEWHERE):
        house.run(instances.set_trust, "test", origin, Trust.ALLOWED, "")


def effect(house: House, origin: Origin) -> Effect:
    decision = house.run(
        boundary.decide, Direction.OUT, Action.DELIVER, origin, POST, subject="https://here.example/x"
    )
    return decision.effect


def test_what_tightens_is_in_force_at_once(any_house: House) -> None:
    house = any_house
    connected(house)
    assert effect(house, THERE) is Effect.ALLOW
    made = house.run(policies.propose, "user:1", NOTHING_THERE)
    assert made.state is PolicyState.IN_FORCE
    assert effect(house, THERE) is Effect.DENY
    assert effect(house, ELSEWHERE) is Effect.ALLOW
    with pytest.raises(Conflict):
        house.run(policies.propose, "user:2", NOTHING_THERE)


def test_taking_a_rule_away_again_wants_a_second_person(house: House) -> None:
    connected(house)
    house.run(policies.propose, "user:1", NOTHING_THERE)
    made = house.run(policies.propose, "user:1", OwnRules())
    assert (made.state, made.loosens) == (PolicyState.PROPOSED, ("house.nothing-there",))
    assert effect(house, THERE) is Effect.DENY
    with pytest.raises(NotPermitted):
        house.run(policies.approve, "user:1", made.id)
    house.run(policies.approve, "user:2", made.id)
    assert effect(house, THERE) is Effect.ALLOW
    with pytest.raises(Conflict):
        house.run(policies.approve, "user:3", made.id)
    states = [one.state for one in house.read(policies.history)]
    assert states == [PolicyState.IN_FORCE, PolicyState.REPLACED]


def test_a_permit_is_never_taken_at_once(house: House) -> None:
    made = house.run(policies.propose, "user:1", OPENS)
    assert made.state is PolicyState.PROPOSED
    with pytest.raises(Conflict):
        house.run(policies.propose, "user:2", OPENS)
    assert house.run(policies.refuse, "user:1", made.id).state is PolicyState.REFUSED
    assert house.read(policies.own_rules) == OwnRules()


def test_approval_is_of_what_was_shown(house: House) -> None:
    """Rules taken into force meanwhile are not undone by an approval that did not show it."""
    made = house.run(policies.propose, "user:1", OPENS)
    house.run(policies.propose, "user:3", NOTHING_THERE)
    with pytest.raises(Conflict):
        house.run(policies.approve, "user:2", made.id)


@pytest.mark.parametrize(
    "own",
    [
        OwnRules("this is no rule"),
        OwnRules("permit(principal, action, resource);"),
        OwnRules('@id("base.mine") forbid(principal, action, resource);'),
        OwnRules('@id("base.not-connected") forbid(principal, action, resource);'),
        OwnRules('@id("house.a") forbid(principal, action, resource) when { context.peer.colour == "red" };'),
        OwnRules(links=(Link("house.a", "template.nothing"),)),
        OwnRules(links=(Link("house.a", "template.peer-no-cases"),)),
        OwnRules(links=(Link("house.a", "template.images-within-jurisdiction", value="France"),)),
        OwnRules(links=(Link("house.a", "template.accept-from-level", value="9"),)),
        OwnRules(links=(Link("house.a", "template.group-stays", group="g", value="FR"),)),
        OwnRules("x" * (policies.MOST_TEXT + 1)),
    ],
)
def test_what_cannot_be_taken(house: House, own: OwnRules) -> None:
    with pytest.raises(Invalid):
        house.run(policies.propose, "user:1", own)
    assert house.read(policies.history) == []


def test_a_replay_says_what_would_have_crossed(any_house: House) -> None:
    house = any_house
    connected(house)
    for _ in range(3):
        effect(house, THERE)
    effect(house, ELSEWHERE)
    effect(house, Origin("stranger.example"))
    found = house.read(replay.replay, policies.compile_own(NOTHING_THERE), 30)
    assert (found.considered, found.unreadable) == (5, 0)
    [only] = found.changed
    assert (only.peer, only.was, only.would, only.count) == (THERE, "allow", "deny", 3)
    assert house.read(replay.replay, base_set(), 30).changed == ()
    opened = house.read(replay.replay, policies.compile_own(OPENS), 30)
    assert opened.changed == ()  # a hard forbid beats the house's own permit


def test_every_template_and_shipped_rule_has_its_words() -> None:
    known = {rule.id for rule in base_set().rules} | set(templates())
    assert known == set(words.RULES)


FILLED = {
    "template.images-within-jurisdiction": {"value": "FR"},
    "template.accept-from-level": {"value": "2"},
}


@pytest.mark.parametrize("name", sorted(templates()))
def test_every_template_can_be_filled_in(name: str) -> None:
    body = templates()[name]
    link = Link(
        "house.filled",
        name,
        peer=THERE if "slot" in body["principal"] else "",
        group="https://here.example/actors/7" if "slot" in body["resource"] else "",
        **FILLED.get(name, {}),
    )
    made = policies.compile_own(OwnRules(links=(link,)))
    [rule] = [rule for rule in made.rules if rule.id == "house.filled"]
    said = explanations.sentence(words.of_rule(rule), Catalogue().translator())
    assert "%(" not in said
    assert "9999" not in str(rule.body)
    assert "?value" not in str(rule.body)


def test_why(house: House) -> None:
    connected(house)
    alice = house.local("alice")
    case = house.post(alice, visibility=Visibility.PUBLIC)
    house.run(policies.propose, "user:1", NOTHING_THERE)
    found = house.read(explanations.post, case, [THERE, ELSEWHERE, Origin("stranger.example")])
    told = {
        (one.peer, one.action): explanations.sentence(one.because[0], Catalogue().translator())
        for one in found
    }
    assert told[THERE, Action.DELIVER] == "there.example receives nothing. [house.nothing-there]"
    assert "[base.connected-ordinary-posts]" in told[ELSEWHERE, Action.DELIVER]
    assert "[base.not-connected]" in told[Origin("stranger.example"), Action.FETCH]


def test_groups_are_called_by_their_names(house: House) -> None:
    group = house.local("tumours")
    links = tuple(
        Link(f"house.{name}", "template.group-stays", group=uri)
        for name, uri in (("known", str(group.uri)), ("unknown", "https://there.example/actors/7"))
    )
    house.run(policies.propose, "user:1", OwnRules(links=links))
    said = house.read(explanations.of_rules, ["house.known", "house.unknown", "house.gone"])
    assert [explanations.sentence(one, Catalogue().translator()) for one in said] == [
        "Nothing of the group @tumours crosses. [house.known]",
        "Nothing of the group https://there.example/actors/7 crosses. [house.unknown]",
        "[house.gone]",
    ]


def test_the_annex_holds_what_may_decide_about_one_instance(house: House) -> None:
    house.run(policies.propose, "user:1", NOTHING_THERE)
    here, there = (
        [one.rule for one in house.read(explanations.of_peer, peer)] for peer in (ELSEWHERE, THERE)
    )
    assert set(there) - set(here) == {"house.nothing-there"}
    assert set(here) == {rule.id for rule in base_set().rules}


def test_rules_that_compile_no_more_let_nothing_cross(house: House) -> None:
    connected(house)
    house.run(policies.propose, "user:1", NOTHING_THERE)
    house.run(
        lambda unit: unit.run(
            rows.policy.update().values(text="these words were rules once", digest="of another release")
        )
    )
    assert effect(house, ELSEWHERE) is Effect.DENY
