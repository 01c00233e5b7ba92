"""An institution new to a group: members are told first, at every institution; until then nothing of the group goes there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import count, permutations

import pytest
from msgspec.json import encode
from sqlalchemy import func, select

from federation.types import JsonObject, Origin
from federation.vocab import codec
from server.activitypub import signing
from server.activitypub.egress import stream
from server.core.errors import NotFound
from server.domain.accounts import Account
from server.domain.groups import Membership, MembershipState, Reason
from server.domain.viewers import Peer
from server.domain.work import Delivery
from server.services import accounts, groups, waiting
from server.store import accounts as account_rows
from server.store import memberships, newcomers, partners
from server.store.session import Unit
from server.store.tables.audit import audit
from server.store.tables.posts import post
from server.store.tables.verification import attestation
from server.store.tables.work import delivery
from tests.support.exchange import Exchange, Instance, open_exchange

pytestmark = pytest.mark.slow

TO_MEMBERS, TO_WHO_ASKS = "clinic.example is about to have a first member in {}.", "You were admitted to {}."
ACTIVE, REQUESTED = MembershipState.ACTIVE, MembershipState.REQUESTED
NAMES = count(1)


class Scene:
    """A group of the society with members at chu and lab; bert of the clinic, which is new to it, asks to be let in."""

    def __init__(self, net: Exchange, people: dict[str, Account], admission: str = "moderated") -> None:
        self.net = net
        self.society, self.chu, self.lab = net["society"], net["chu"], net["lab"]
        self.clinic = net["clinic"]
        self.pass_time(timedelta(minutes=2))
        self.group = self.society.group(f"group{next(NAMES)}", admission=admission)
        self.anna, self.bert = people["anna"], people["bert"]
        net.join(self.society, people["cleo"], self.society, self.group, role="moderator")
        self.there, _ = net.join(self.chu, self.anna, self.society, self.group)
        self.lena = people["lena"]
        net.join(self.lab, self.lena, self.society, self.group)
        self.known = net.tell_of(self.clinic, self.society, self.group)
        net.away.clear()
        net.settle()
        net.carried.clear()

    def pass_time(self, span: timedelta) -> None:
        """For all of them, who stay partners."""
        for one in self.net.instances.values():
            one.house.clock.advance(span)
            for other in self.net.instances.values():
                if other is not one:
                    one.house.run(probed, other.origin)

    def ask(self) -> None:
        self.clinic.house.run(groups.ask, self.bert, self.known, 1)
        self.net.settle()

    def admit(self) -> None:
        self.society.house.run(groups.accept, "test", self.group, self.far)
        self.net.settle()

    @property
    def far(self) -> Account:
        """Bert, as the society knows him."""
        found = self.society.house.read(account_rows.find_by_uri, self.bert.uri)
        assert found is not None
        return found

    def there_(self) -> Membership:
        found = self.society.house.read(memberships.find, self.group.id, self.far.id)
        assert found is not None
        return found

    def home(self) -> Membership:
        found = self.clinic.house.read(memberships.find, self.known.id, self.bert.id)
        assert found is not None
        return found

    def told(self, at: Instance, words: str) -> int:
        """How many messages there say this of the group."""
        said = post.c.content.contains(words.format(self.group.display_name))
        return at.house.read(
            lambda unit: int(unit.value(select(func.count()).select_from(post).where(said)) or 0)
        )

    def look(self, after: timedelta) -> None:
        self.pass_time(after)
        self.society.house.run(groups.look_at_all)
        self.net.settle()

    def carried_to(self, one: Instance) -> list[Delivery]:
        return [each for _, each in self.net.carried if each.destination == one.origin]


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    with open_exchange(tmp_path_factory.mktemp("net"), "society", "chu", "lab", "clinic") as net:
        yield net


@pytest.fixture(scope="module")
def people(net: Exchange) -> dict[str, Account]:
    homes = {"cleo": "society", "anna": "chu", "lena": "lab", "bert": "clinic", "nora": "clinic"}
    return {name: net[home].doctor(name) for name, home in homes.items()}


@pytest.fixture
def scene(net: Exchange, people: dict[str, Account]) -> Scene:
    return Scene(net, people)


def test_members_everywhere_are_told_before_the_first_of_an_institution_is_in(scene: Scene) -> None:
    net, society, clinic = scene.net, scene.society, scene.clinic
    scene.ask()
    net.away.add(scene.lab.origin)
    scene.admit()

    assert scene.there_().state is REQUESTED
    assert [scene.told(each, TO_MEMBERS) for each in (society, scene.chu, scene.lab)] == [1, 1, 0]
    assert (scene.home().state, scene.home().reason) == (REQUESTED, Reason.INSTITUTION_NEW)
    assert scene.told(clinic, TO_WHO_ASKS) == 1
    assert society.house.read(groups.requests, scene.group) == []
    (arriving,) = society.house.read(groups.arriving, scene.group)
    assert (arriving.host, arriving.silent) == (clinic.origin, (scene.lab.origin,))
    assert [one.host for one in scene.chu.house.read(groups.arriving, scene.there)] == [clinic.origin]

    said = scene.chu.say(scene.anna, f"@{scene.group.username}@society.example canary-between")
    net.settle()
    assert society.find(said.uri) is not None
    with pytest.raises(NotFound):
        public_id = scene.group.uri.rsplit("/", 1)[1]
        society.house.run(stream.page, Peer(clinic.origin, profiled=True), public_id, 0)

    before = len(net.carried)
    net.away.clear()
    net.settle()
    assert scene.told(scene.lab, TO_MEMBERS) == 1
    assert scene.there_().state is scene.home().state is ACTIVE
    assert scene.there_().admitted_at is None
    assert society.house.read(groups.arriving, scene.group) == []
    assert not any(
        b"canary" in each.body for origin, each in net.carried if each.destination == clinic.origin
    )
    # the last answer, and only then what lets the clinic in
    kinds = [(origin, codec.parse(each.body)["type"]) for origin, each in net.carried[before:]]
    heard = kinds.index((scene.lab.origin, "Accept"))
    assert kinds.index((society.origin, "Accept")) > heard


def test_a_silent_instance_is_waited_for_a_day_and_written_down(scene: Scene) -> None:
    scene.ask()
    scene.net.away.add(scene.lab.origin)
    scene.admit()
    scene.look(timedelta(hours=23))
    assert scene.there_().state is REQUESTED
    scene.look(timedelta(hours=2))  # the society was away for an hour: it is offered once more
    assert scene.there_().state is REQUESTED
    scene.look(timedelta(minutes=11))
    assert scene.there_().state is scene.home().state is ACTIVE
    assert recorded(scene) == [{"newcomer": "clinic.example", "silent": ["lab.example"]}]
    scene.net.away.clear()
    scene.net.settle()
    assert scene.told(scene.lab, TO_MEMBERS) == 1  # late, and told nevertheless
    scene.look(timedelta(hours=2))
    assert scene.there_().state is ACTIVE


def test_a_lost_offer_and_a_lost_answer_are_made_good(scene: Scene) -> None:
    scene.ask()
    scene.net.away |= {scene.lab.origin, scene.society.origin}
    scene.society.house.run(groups.accept, "test", scene.group, scene.far)
    scene.net.settle()
    for one in (scene.society, scene.chu):  # what was under way to the lab, and the answer of chu
        one.house.run(lambda unit: unit.run(delivery.delete()))
    assert scene.told(scene.chu, TO_MEMBERS) == 1
    scene.net.away.clear()
    scene.net.settle()
    assert scene.there_().state is REQUESTED
    scene.look(timedelta(hours=2))
    assert scene.told(scene.lab, TO_MEMBERS) == scene.told(scene.chu, TO_MEMBERS) == 1
    assert (
        scene.there_().state is REQUESTED
    )  # chu had it already: as at the gate, it answers what is repeated
    offer = next(each for each in scene.carried_to(scene.chu) if b'"Offer"' in each.body)
    scene.chu.house.run(groups.newcomer_repeated, scene.group.uri, offer.activity_uri)
    scene.net.settle()
    assert scene.there_().state is scene.home().state is ACTIVE


def test_in_whatever_order_and_however_often_words_come(scene: Scene) -> None:
    net = scene.net
    scene.ask()
    net.away.add(scene.lab.origin)
    scene.admit()
    net.away.clear()
    net.settle()
    words = [each for each in scene.carried_to(scene.clinic) if b'"Relationship"' in each.body]
    assert len(words) == 2
    offers = [each for each in scene.carried_to(scene.chu) if b'"Offer"' in each.body]
    answers = [each for each in scene.carried_to(scene.society) if b'"Accept"' in each.body]
    for order in permutations(
        [(scene.society, scene.clinic, words[0]), (scene.chu, scene.society, answers[0])]
    ):
        for sender, target, each in (*order, (scene.society, scene.chu, offers[0])):
            assert net.hand_over(sender, target, each) == "duplicate"
    assert scene.home().state is ACTIVE


def test_an_earlier_word_that_comes_late_takes_nothing_back(scene: Scene) -> None:
    scene.ask()
    scene.net.away |= {scene.lab.origin, scene.clinic.origin}
    scene.society.house.run(groups.accept, "test", scene.group, scene.far)
    scene.net.settle()
    scene.net.away = {scene.clinic.origin}
    scene.net.settle()
    assert scene.there_().state is ACTIVE
    loads = scene.society.house.run(waiting.lease, 200, frozenset(), 0)
    held = [each for load in loads for each in load.deliveries if load.destination == scene.clinic.origin]
    assert sum(b'"Relationship"' in each.body for each in held) == 2
    for each in reversed(held):
        scene.net.hand_over(scene.society, scene.clinic, each)
    assert scene.home().state is ACTIVE
    assert scene.told(scene.clinic, TO_WHO_ASKS) == 0


def test_one_offer_for_all_who_are_admitted_meanwhile_and_none_for_the_next(
    scene: Scene, people: dict[str, Account]
) -> None:
    net, society = scene.net, scene.society
    scene.ask()
    net.away.add(scene.lab.origin)
    scene.admit()
    scene.clinic.house.run(groups.ask, people["nora"], scene.known, 1)
    net.settle()
    nora = society.house.read(account_rows.find_by_uri, people["nora"].uri)
    assert nora is not None
    society.house.run(groups.accept, "test", scene.group, nora)
    net.away.clear()
    net.settle()
    assert society.house.read(memberships.count_at, scene.group.id, scene.clinic.origin) == 2
    scene.clinic.house.run(groups.leave, people["nora"], scene.known)
    net.settle()
    scene.clinic.house.run(groups.ask, people["nora"], scene.known, 1)
    net.settle()
    assert society.house.run(groups.accept, "test", scene.group, nora).state is ACTIVE
    net.settle()
    assert scene.told(scene.chu, TO_MEMBERS) == scene.told(society, TO_MEMBERS) == 1


def test_who_takes_the_request_back_or_is_no_longer_attested_is_not_let_in(scene: Scene) -> None:
    scene.ask()
    scene.net.away.add(scene.lab.origin)
    scene.admit()
    scene.clinic.house.run(groups.leave, scene.bert, scene.known)
    scene.net.settle()
    scene.look(timedelta())
    assert scene.there_().state is MembershipState.LEFT
    assert scene.society.house.read(newcomers.open_in, scene.group.id) == []

    scene.ask()
    scene.admit()
    assert scene.there_().state is REQUESTED
    attested = scene.there_().attestation_id
    revoked = attestation.update().where(attestation.c.id == attested).values(state="revoked")
    scene.society.house.run(lambda unit: unit.run(revoked))
    scene.look(timedelta(days=2))
    scene.look(timedelta(minutes=11))
    assert (scene.there_().state, scene.there_().reason) == (
        MembershipState.REJECTED,
        Reason.CREDENTIAL_REVOKED,
    )


def test_nobody_else_answers_for_an_instance(scene: Scene) -> None:
    scene.ask()
    scene.net.away.add(scene.lab.origin)
    scene.admit()
    (newcomer,) = scene.society.house.read(newcomers.open_in, scene.group.id)
    for host in (scene.clinic.origin, scene.society.origin):  # not asked
        assert not scene.society.house.run(groups.newcomer_answered, scene.group, newcomer.offer_uri, host)
    answer = next(each for each in scene.carried_to(scene.society) if b'"Accept"' in each.body)
    said = codec.parse(answer.body)
    assert said["object"] == newcomer.offer_uri
    del said["proof"]
    by_lab = scene.lab.house.run(accounts.ensure_instance_actor)
    for actor, signer, instance in ((by_lab, None, scene.chu), (scene.lena, scene.lena, scene.lab)):
        forged = {**said, "actor": actor.uri, "id": f"{by_lab.uri}/{len(scene.lab.outcomes)}-{actor.id}"}

        def sign(unit: Unit, forged: JsonObject = forged, signer: Account | None = signer) -> bytes:
            by = signer or accounts.ensure_instance_actor(unit)
            return encode(signing.signed(unit, by.id, forged))

        body = instance.house.run(sign)
        outcome = scene.net.hand_over(scene.lab, scene.society, replace(answer, body=body))
        assert outcome == "proof-of-instance"
    scene.look(timedelta())
    assert scene.there_().state is REQUESTED


def test_admission_without_moderators_waits_as_well(net: Exchange, people: dict[str, Account]) -> None:
    scene = Scene(net, people, "automatic")
    net.away.add(scene.lab.origin)
    scene.ask()
    assert scene.there_().state is REQUESTED
    net.away.clear()
    net.settle()
    assert scene.home().state is ACTIVE


def recorded(scene: Scene) -> list[object]:
    about = (audit.c.action == "group.newcomer_unanswered", audit.c.target == f"group:{scene.group.id}")
    return scene.society.house.read(
        lambda unit: [row.detail for row in unit.all(select(audit.c.detail).where(*about))]
    )


def probed(unit: Unit, domain: Origin) -> None:
    """As each day: it is a partner still."""
    partners.change(unit, domain, {"probed_at": unit.now})
