"""Nothing of a members-only group crosses without a permit that stands at that moment: a long history of chance, every byte watched.

People post, answer, edit, delete and like; members come, lapse and go; partnerships end and begin; rules of the house
change; instances are away and come back. Whatever leaves with words of a group in it must find its receiver a partner,
with an active member or as the home of the group, of a class that may cross, permitted by a recorded decision, and in the ledger.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random

import msgspec
import pytest
from sqlalchemy import select

from federation.types import Origin
from server.core.errors import AppError
from server.domain.accounts import Account
from server.domain.boundary import Tier
from server.domain.policies import OwnRules, PolicyState
from server.domain.trust import Trust
from server.domain.work import Delivery
from server.services import boundary, instances, interactions, media, policies
from server.services.posts import delete as deleting
from server.services.posts import edit as editing
from server.services.posts import group_life
from server.services.posts.writing import Draft
from server.store import accounts as account_rows
from server.store import ledger, memberships, posts
from server.store.session import Unit
from server.store.tables.audit import decided, decision, ruling
from server.store.tables.posts import post
from tests.support.exchange import Exchange, Instance, open_exchange
from tests.support.house import POSTGRESQL, SQLITE
from tests.support.partners import as_partner

pytestmark = pytest.mark.slow

HOMES = ("chu", "clinic", "society")
STEPS = 300
NO_CASES = """@id("house.no-cases") forbid (principal, action, resource)
when { context.content.rank >= 2 && context.content.form == "group" && context.peer.origin == "chu.example" };"""


@dataclass
class History:
    net: Exchange
    random: Random
    groups: dict[str, Account]
    people: dict[str, Account]
    known: dict[tuple[str, str], Account] = field(default_factory=dict)
    said: list[tuple[str, str]] = field(default_factory=list)
    serial: int = 0
    watched: int = 0
    crossed: int = 0

    def handle(self, group: str) -> str:
        return f"@{group}@society.example"

    def any_said(self) -> tuple[str, str] | None:
        return self.random.choice(self.said) if self.said else None

    # -- what may happen -----------------------------------------------------------------------------

    def post(self) -> None:
        home = self.random.choice(HOMES)
        self.serial += 1
        group = self.random.choice(sorted(self.groups))
        text = f"{self.handle(group)} canary-{group}-{self.serial}"
        self._say(home, text, picture=self.random.random() < 0.3)

    def answer(self) -> None:
        found = self.any_said()
        if found is None:
            return
        home = self.random.choice(HOMES)
        parent = self.net[home].find(found[1])
        if parent is not None:
            self.serial += 1
            self._say(home, f"canary-answer-{self.serial}", in_reply_to_id=parent.id)

    def _say(self, home: str, text: str, *, picture: bool = False, **draft: int) -> None:
        instance = self.net[home]
        person = self.people[home]
        if picture:
            draft |= {"media_ids": (instance.house.run(a_picture, person, self.serial),)}  # type: ignore[dict-item]
        said = instance.say(person, text, **draft)
        self.said.append((home, said.uri))

    def edit(self) -> None:
        found = self.any_said()
        if found is not None:
            home, uri = found
            before = self.net[home].find(uri)
            if before is not None:
                self.serial += 1
                words = Draft(text=f"canary-edit-{self.serial}")
                self.net[home].house.run(editing.edit, self.people[home], before.id, words)

    def delete(self) -> None:
        found = self.any_said()
        if found is not None and self.random.random() < 0.5:
            home, uri = found
            before = self.net[home].find(uri)
            if before is not None:
                self.net[home].house.run(deleting.delete, self.people[home], before.id)

    def like(self) -> None:
        found = self.any_said()
        home = self.random.choice(HOMES)
        post = None if found is None else self.net[home].find(found[1])
        if post is not None:
            self.net[home].house.run(interactions.favourite, self.people[home], post.id)

    def remove(self) -> None:
        found = self.any_said()
        post = None if found is None else self.net["society"].find(found[1])
        if post is not None and post.group_id is not None and self.random.random() < 0.3:
            group = next(one for one in self.groups.values() if one.id == post.group_id)
            self.net["society"].house.run(group_life.moderate, group, self.people["society"], post, "remove")

    def membership(self) -> None:
        """Somebody's membership lapses or comes back, on the society's side at once and at home later, or never."""
        home, group = self.random.choice(HOMES), self.random.choice(sorted(self.groups))
        state = self.random.choice(["active", "active", "active", "suspended", "removed"])
        person = self.known[home, "society"]
        self.net["society"].house.run(set_state, self.groups[group], person, state)

    def partnership(self) -> None:
        home = self.random.choice(HOMES[:2])
        level = self.random.choice(
            [Trust.ALLOWED, Trust.ALLOWED, Trust.ALLOWED, Trust.LIMITED, Trust.SUSPENDED]
        )
        society = self.net["society"]
        if level is Trust.ALLOWED:
            society.house.run(as_partner, self.net[home].origin, self.net[home].key())
        else:
            society.house.run(instances.set_trust, "test", self.net[home].origin, level)

    def rules(self) -> None:
        house = self.net["society"].house
        own = OwnRules(text=NO_CASES) if self.random.random() < 0.5 else OwnRules()
        proposed = house.run(policies.propose, "user:1", own)
        if proposed.state is not PolicyState.IN_FORCE:
            house.run(policies.approve, "user:2", proposed.id)

    def absence(self) -> None:
        home = self.net[self.random.choice(HOMES[:2])].origin
        self.net.away.symmetric_difference_update({home})

    def time(self) -> None:
        for one in self.net.instances.values():
            one.house.clock.advance(timedelta(minutes=self.random.choice([1, 10, 120])))

    def read_streams(self) -> None:
        for home in HOMES[:2]:
            if self.net[home].origin not in self.net.away:
                for group in self.groups.values():
                    there = self.net[home].house.read(account_rows.find_by_uri, group.uri)
                    if there is not None and self._is_reader(home, group):
                        self.net.pull(self.net[home], there, self.net["society"])

    def _is_reader(self, home: str, group: Account) -> bool:
        hosts = {host for host, _ in self.net["society"].house.read(memberships.inboxes, group.id)}
        tier = self.net["society"].house.read(boundary.tier_of, self.net[home].origin)
        return self.net[home].origin in hosts and tier is Tier.T2

    # -- what must hold ------------------------------------------------------------------------------

    def watch(self, sender: Origin, delivery: Delivery) -> None:
        """Called at the moment at which the bytes would leave."""
        self.watched += 1
        if b"canary" not in delivery.body:
            return
        self.crossed += 1
        source = next(one for one in self.net.instances.values() if one.origin == sender)
        assert delivery.profile
        source.house.read(check_permitted, delivery)


def check_permitted(unit: Unit, delivery: Delivery) -> None:
    document = msgspec.json.decode(delivery.body)
    there = delivery.destination
    assert boundary.tier_of(unit, there) is Tier.T2, "not a partner at this moment"
    inner = document["object"] if document["type"] == "Announce" else document
    thing = inner["object"]
    assert document["contentClass"] in {"notice", "discussion", "case"}
    group = account_rows.find_by_uri(unit, document["audience"][0])
    assert group is not None
    if group.local:
        assert there in {host for host, _ in memberships.inboxes(unit, group.id)}, "nobody there is a member"
    else:
        assert there == group.domain
    uri = thing if isinstance(thing, str) else thing["id"]
    assert there in ledger.hosts_of(unit, uri), "not in the ledger"
    answered = None if isinstance(thing, str) else thing.get("inReplyTo")
    if answered is not None and group.local and not answered.startswith(f"https://{there}/"):
        assert there in ledger.hosts_of(unit, answered), "it answers what was not released there"
    subjects = {inner["id"], uri, document["id"]}
    permits = decided.where(
        decision.c.subject.in_(subjects), ruling.c.peer == there, ruling.c.effect == "allow"
    )
    assert unit.first(permits) is not None, "no decision permits it"
    assert posts.find_by_uri(unit, uri) is not None, "it was deleted before it left"


def set_state(unit: Unit, group: Account, person: Account, state: str) -> None:
    found = memberships.find(unit, group.id, person.id)
    if found is not None:
        memberships.change(unit, found.id, {"state": state})


def a_picture(unit: Unit, owner: Account, number: int) -> int:
    values = {"kind": "image", "mime": "image/png", "digest": f"{number:064x}", "width": 1, "height": 1}
    return media.add(unit, owner, values).id


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nothing_crosses_without_a_permit(tmp_path: Path, seed: int) -> None:
    history_of(tmp_path, SQLITE, seed)


@pytest.mark.slow
def test_nothing_crosses_without_a_permit_on_postgresql(tmp_path: Path) -> None:
    history_of(tmp_path, POSTGRESQL, 4)


def history_of(folder: Path, engine: str, seed: int) -> None:
    with open_exchange(folder, *HOMES, engine=engine) as net:
        society = net["society"]
        groups = {"cardio": society.group("cardio"), "hidden": society.group("hidden", access="secret")}
        people = {home: net[home].doctor(f"{home}-doctor") for home in HOMES}
        found = History(net, Random(seed), groups, people)
        for home in HOMES:
            for group in groups.values():
                _, far = net.join(net[home], people[home], society, group)
                found.known[home, "society"] = far
        net.watch = found.watch
        usual: list[Callable[[], None]] = [found.post] * 4 + [found.answer] * 4 + [found.edit] * 2
        usual += [found.delete, found.like, found.remove, found.time, found.read_streams]
        rare = [found.membership, found.partnership, found.rules, found.absence]
        for _ in range(STEPS):
            step = found.random.choice(usual if found.random.random() < 0.88 else rare)
            try:
                step()
            except AppError:
                continue  # refused, which is always allowed
            if found.random.random() < 0.6:
                net.settle()
        net.settle()
        assert found.crossed > STEPS // 4, found.crossed
        assert agree(society, net) is None


def agree(society: Instance, net: Exchange) -> str | None:
    """Whoever may not have a post does not have it, as far as the ledger says."""
    for home in HOMES[:2]:
        here = net[home]
        for uri in here.house.read(foreign_uris):
            if here.origin not in society.house.read(ledger.hosts_of, uri):
                return f"{home} has {uri}"
    return None


def foreign_uris(unit: Unit) -> list[str]:
    wanted = select(post.c.uri).where(
        post.c.group_id.is_not(None), ~post.c.local, post.c.boost_of_id.is_(None)
    )
    return [row.uri for row in unit.all(wanted)]
