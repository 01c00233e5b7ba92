"""What members say in groups is with every member once, and nowhere else, over connections that break at every moment.

Three instances exchange thousands of messages. One in ten is lost on its way, of one in ten the answer is lost, so that it is sent again, and instances are
away for a while. Afterwards each post is at each instance with members exactly once, what was deleted is gone, and no word of a group is in any table
or message of an instance without a member. `CONSILIUM_SOAK_MESSAGES` makes it longer on SQLite, `CONSILIUM_SOAK_MESSAGES_POSTGRESQL` on PostgreSQL, where the usual
run is a short one; `CONSILIUM_SOAK_SEED` makes another history.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import func, select

from server.domain.accounts import Account
from server.domain.groups import Reason
from server.domain.posts import Post, Standing
from server.domain.work import Delivery
from server.services import interactions, waiting
from server.services.posts import delete as deleting
from server.store import accounts as account_rows
from server.store.session import Unit
from server.store.tables.posts import post
from server.store.tables.work import inbox_body
from tests.support.exchange import Exchange, Instance, open_exchange
from tests.support.house import POSTGRESQL, SQLITE

pytestmark = pytest.mark.slow

MESSAGES = {
    SQLITE: int(os.environ.get("CONSILIUM_SOAK_MESSAGES", "2000")),
    POSTGRESQL: int(os.environ.get("CONSILIUM_SOAK_MESSAGES_POSTGRESQL", "80")),
}
SEED = int(os.environ.get("CONSILIUM_SOAK_SEED", "7"))
GROUPS = {"cardio": ("chu", "clinic", "society"), "sepsis": ("chu", "society")}
"""Each lives at the society; where their members are."""


@dataclass
class BrokenNet(Exchange):
    """Loses messages, and the answers to messages."""

    random: Random = field(default_factory=lambda: Random(SEED))
    quiet: bool = False
    tried: int = 0

    def _deliver(self, one: Instance) -> int:
        self._set_clocks()
        loads = one.house.run(waiting.lease, 200, frozenset(self.away), 0)
        for load in loads:
            arrived: list[Delivery] = []
            rest: list[Delivery] = []
            for delivery in load.deliveries:
                self.tried += 1
                fate = 1.0 if self.quiet else self.random.random()
                if fate >= 0.1:
                    self._hand_over(one, delivery)
                (rest if fate < 0.2 else arrived).append(delivery)
            one.house.run(waiting.finished, load, arrived, rest, 0)
        return len(loads)

    def _hand_over(self, one: Instance, delivery: Delivery) -> None:
        self.carried.append((one.origin, delivery))
        target = next(each for each in self.instances.values() if each.origin == delivery.destination)
        self.hand_over(one, target, delivery)

    def _set_clocks(self) -> None:
        """They run apart with what each of them does, and what was signed in the future is refused."""
        clocks = [one.house.clock for one in self.instances.values()]
        latest = max(clock.now() for clock in clocks)
        for clock in clocks:
            clock.advance(latest - clock.now())

    def step(self) -> None:
        for one in self.instances.values():
            if one.origin not in self.away:
                self._plan(one)
                self._deliver(one)


def counts(unit: Unit, uri: str) -> tuple[int, int]:
    """How often a post is there, and how often a group shows it."""
    found = [row.id for row in unit.all(select(post.c.id).where(post.c.uri == uri))]
    shown = unit.value(select(func.count()).select_from(post).where(post.c.boost_of_id.in_(found)))
    return len(found), int(shown or 0)


def words(unit: Unit) -> bytes:
    """All that an instance was given and has not dropped, and what it shows."""
    texts = [str(row.content).encode() for row in unit.all(select(post.c.content))]
    return b"\n".join(texts + [bytes(row.body) for row in unit.all(select(inbox_body.c.body))])


@dataclass
class History:
    net: BrokenNet
    groups: dict[str, Account]
    people: dict[str, Account]
    said: dict[str, tuple[str, str]] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)

    def act(self, serial: int) -> None:
        random = self.net.random
        standing = [uri for uri in self.said if uri not in self.gone][-30:]
        chance = random.random()
        if chance < 0.6 or not standing:
            group = random.choice(sorted(GROUPS))
            self._say(group, random.choice(GROUPS[group]), f"@{group}@society.example word-{group}-{serial}")
            return
        uri = random.choice(standing)
        group, home = self.said[uri]
        if chance < 0.7:
            found = self.net[home].find(uri)
            assert found is not None
            self.net[home].house.run(deleting.delete, self.people[home], found.id)
            self.gone.add(uri)
            return
        by = random.choice(GROUPS[group])
        parent = self.net[by].find(uri)
        if parent is None or parent.standing is not Standing.PUBLISHED:
            return
        if chance < 0.9:
            answer = self._say(group, by, f"word-{group}-{serial}", in_reply_to_id=parent.id)
            self.answers[answer.uri] = uri
        else:
            self.net[by].house.run(interactions.favourite, self.people[by], parent.id)

    def _say(self, group: str, home: str, text: str, **draft: int) -> Post:
        said = self.net[home].say(self.people[home], text, **draft)
        self.said[said.uri] = (group, home)
        return said

    def came_too_late(self, uri: str) -> bool:
        """What it answers was deleted before it came to the group, which refused it: its author alone still has it, and knows."""
        found = self.net[self.said[uri][1]].find(uri)
        return (
            self.answers.get(uri) in self.gone
            and found is not None
            and found.standing is Standing.REFUSED
            and found.standing_reason == Reason.PARENT_UNKNOWN.value
        )

    def belongs(self, uri: str, name: str) -> bool:
        """Whether an instance has to have it, once everything has come to rest."""
        group, home = self.said[uri]
        if uri in self.gone:
            return False
        return name == home if self.came_too_late(uri) else name in GROUPS[group]

    def come_to_rest(self) -> None:
        self.net.away, self.net.quiet = set(), True
        self.net.settle(200)
        for name, group in self.groups.items():
            for home in GROUPS[name]:
                if home != "society":
                    self._read_stream(self.net[home], group)
        self.net.settle(200)

    def _read_stream(self, reader: Instance, group: Account) -> None:
        """As the job does, which waits until a gap has stood for a moment."""
        known = reader.house.read(account_rows.find_by_uri, group.uri)
        assert known is not None
        reader.house.clock.advance(timedelta(seconds=5))
        self.net.pull(reader, known, self.net["society"])


@pytest.mark.parametrize("engine", sorted(MESSAGES))
def test_nothing_is_lost_twice_or_elsewhere(tmp_path: Path, engine: str) -> None:
    messages = MESSAGES[engine]
    with open_exchange(tmp_path, "chu", "clinic", "society", engine=engine) as opened:
        net = BrokenNet(opened.instances)
        groups = {name: net["society"].group(name) for name in GROUPS}
        people = {name: one.doctor(f"dr{name}") for name, one in net.instances.items()}
        for name, homes in GROUPS.items():
            for home in homes:
                net.join(net[home], people[home], net["society"], groups[name])
        history, serial = History(net, groups, people), 0
        while net.tried < messages or not history.gone:
            serial += 1
            history.act(serial)
            if serial % 40 == 0:
                net.away = {net.random.choice([one.origin for one in net.instances.values()])}
            elif serial % 10 == 0:
                net.away = set()
            net.step()
        history.come_to_rest()
        wrong, late = Counter[str](), sum(map(history.came_too_late, history.said))
        for uri, (group, home) in history.said.items():
            for name, one in net.instances.items():
                there, shown = one.house.read(counts, uri)
                expected = history.belongs(uri, name)
                if there != expected:
                    wrong[f"{'lost' if expected else 'left or leaked'} at {name}, of {home}, {group}"] += 1
                if shown > 1:
                    wrong[f"twice at {name}"] += 1
        assert not wrong, wrong
        assert b"word-cardio" in net["clinic"].house.read(words)
        assert b"word-sepsis" not in net["clinic"].house.read(words)
        to_clinic = [carried.body for _, carried in net.carried if carried.destination == "clinic.example"]
        assert any(b"word-cardio" in bytes(body) for body in to_clinic)
        assert not any(b"word-sepsis" in bytes(body) for body in to_clinic)
        assert late <= max(1, len(history.said) // 100)
        assert len(history.said) > messages // 20
        assert history.gone
