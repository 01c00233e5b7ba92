"""What members say in groups is with every member once, and nowhere else, over connections that break at every moment.

Three instances exchange thousands of messages. One in ten is lost on its way, of one in ten the answer is lost, so that it is sent again, instances are
away for a while, the group's instance pauses others and resumes them, and one has its first member of a group in the middle. Afterwards each post is at each instance with members exactly once, what was deleted is gone, and no word of a group is in any table
or message of an instance without a member. `CONSILIUM_SOAK_MESSAGES` makes it longer on SQLite, `CONSILIUM_SOAK_MESSAGES_POSTGRESQL` on PostgreSQL, where the usual
run is a short one; `CONSILIUM_SOAK_SEED` makes another history.
"""

from __future__ import annotations

import os
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import func, select

from server.core.errors import AppError
from server.domain.accounts import Account
from server.domain.groups import Reason
from server.domain.posts import Post, Standing
from server.domain.trust import Trust
from server.domain.work import Delivery
from server.services import groups as memberships
from server.services import instances, interactions, ledger, streams, waiting
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
GROUPS = {
    "cardio": ("chu", "clinic", "society"),
    "sepsis": ("chu", "society"),
    "stroke": ("chu", "clinic", "society"),
}
"""Each lives at the society; where their members are in the end. The clinic joins the last one in the middle, and reads what was said before."""
JOINS_LATE = ("clinic", "stroke")
STANDS_STILL = ("chu", "clinic")
"""Whom the society pauses for a while, again and again."""


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
                self.work_off(one)
                self._deliver(one)

    def work_off(self, one: Instance) -> None:
        """What arrived during a pause has waited for its end."""
        self._apply(one)


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
    joined: bool = False
    paused: str | None = None
    pauses: int = 0

    def examples(self) -> list[object]:
        """How some of what is wrong stands, at each instance."""
        found = []
        for uri, (group, home) in self.said.items():
            there = {name: one.find(uri) for name, one in self.net.instances.items()}
            if any((post is not None) != self.belongs(uri, name) for name, post in there.items()):
                states = {n: p and (p.standing.value, p.standing_reason) for n, p in there.items()}
                found.append((group, home, uri in self.gone, uri in self.answers, states))
        return found[:12]

    def homes(self, group: str) -> list[str]:
        """Where members are at present."""
        return [home for home in GROUPS[group] if self.joined or (home, group) != JOINS_LATE]

    def pause(self) -> None:
        """The society pauses one that has members: it gets nothing meanwhile, and is not heard."""
        self.paused = self.net.random.choice(STANDS_STILL)
        self.pauses += 1
        self._trust(Trust.SUSPENDED)

    def resume(self) -> None:
        if self.paused is not None:
            self._trust(Trust.ALLOWED)
            self.paused = None

    def _trust(self, trust: Trust) -> None:
        assert self.paused is not None
        society, other = self.net["society"].house, self.net[self.paused].origin
        if trust is Trust.SUSPENDED:
            society.run(instances.set_trust, "test", other, trust, "")
        else:
            society.run(instances.resume, "test", other)

    def join(self) -> None:
        """A first member of an instance: it reads what was said before."""
        name, group = JOINS_LATE
        home = self.net[name]
        there, _ = self.net.join(home, self.people[name], self.net["society"], self.groups[group])
        home.house.run(streams.behind, there.id)
        self.joined = True

    def look(self) -> None:
        """What jobs do by the minute and by the hour."""
        for one in self.net.instances.values():
            if one.origin not in self.net.away:
                while one.house.run(memberships.look_at_borders):
                    pass
                one.house.run(waiting.ask_for_verdicts)

    def act(self, serial: int) -> None:
        random = self.net.random
        standing = [uri for uri in self.said if uri not in self.gone][-30:]
        chance = random.random()
        with suppress(AppError):  # whoever hears of an interruption at home says nothing meanwhile
            self._act(random, standing, chance, serial)

    def _act(self, random: Random, standing: list[str], chance: float, serial: int) -> None:
        if chance < 0.6 or not standing:
            group = random.choice(sorted(GROUPS))
            self._say(
                group, random.choice(self.homes(group)), f"@{group}@society.example word-{group}-{serial}"
            )
            return
        uri = random.choice(standing)
        group, home = self.said[uri]
        if chance < 0.7:
            found = self.net[home].find(uri)
            assert found is not None
            self.net[home].house.run(deleting.delete, self.people[home], found.id)
            self.gone.add(uri)
            return
        by = random.choice(self.homes(group))
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

    def held_back(self, uri: str, name: str) -> bool:
        """An answer to what was deleted before that instance might have it: no answer goes where its parent did not."""
        parent, one = self.answers.get(uri), self.net[name]
        if parent is None or self.said[parent][1] == name:
            return False
        given = self.net["society"].house.read(ledger.hosts_of, parent)
        return one.origin not in given and (parent in self.gone or self.held_back(parent, name))

    def turned_away(self, uri: str) -> bool:
        """Said while its instance was paused, and refused: its author alone still has it, and knows."""
        found = self.net[self.said[uri][1]].find(uri)
        return (
            self.pauses > 0
            and found is not None
            and found.standing is Standing.REFUSED
            and found.standing_reason == Reason.NOT_A_MEMBER.value
        )

    def belongs(self, uri: str, name: str) -> bool:
        """Whether an instance has to have it, once everything has come to rest."""
        group, home = self.said[uri]
        if uri in self.gone or (name not in {home, "society"} and self.held_back(uri, name)):
            return False
        only_at_home = self.came_too_late(uri) or self.turned_away(uri)
        return name == home if only_at_home else name in GROUPS[group]

    def come_to_rest(self) -> None:
        self.net.away, self.net.quiet = set(), True
        self.resume()
        for hours in (0, 2, 7):  # what was not answered is said again
            for one in self.net.instances.values():
                one.house.clock.advance(timedelta(hours=hours))
            self.look()
            for one in self.net.instances.values():
                self.net.work_off(one)
            self.net.settle(400)
            self._read_streams()
        self.net.settle(200)

    def _read_streams(self) -> None:
        for name, group in self.groups.items():
            for home in GROUPS[name]:
                if home != "society":
                    self._read_stream(self.net[home], group)

    def _read_stream(self, reader: Instance, group: Account) -> None:
        """As the job does, which waits until a gap has stood for a moment."""
        known = reader.house.read(account_rows.find_by_uri, group.uri)
        assert known is not None
        reader.house.clock.advance(timedelta(seconds=5))
        reader.house.run(streams.behind, known.id)  # once a day, whether or not a gap shows
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
                if (home, name) != JOINS_LATE:
                    net.join(net[home], people[home], net["society"], groups[name])
        history, serial = History(net, groups, people), 0
        while net.tried < messages or not history.gone:
            serial += 1
            history.act(serial)
            if serial % 40 == 0:
                net.away = {net.random.choice([one.origin for one in net.instances.values()])}
            elif serial % 10 == 0:
                net.away = set()
            if serial % 60 == 0:
                history.pause()
            elif serial % 60 == 25:
                history.resume()
            if serial % 20 == 0:
                history.look()
            if not history.joined and net.tried > messages // 2:
                history.join()
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
        assert not wrong, (wrong, history.examples())
        assert b"word-cardio" in net["clinic"].house.read(words)
        assert b"word-sepsis" not in net["clinic"].house.read(words)
        to_clinic = [carried.body for _, carried in net.carried if carried.destination == "clinic.example"]
        assert any(b"word-cardio" in bytes(body) for body in to_clinic)
        assert not any(b"word-sepsis" in bytes(body) for body in to_clinic)
        assert late <= max(1, len(history.said) // 50)
        assert history.joined and (history.pauses > 0 or messages < 1000)
        turned_away = sum(map(history.turned_away, history.said))
        assert turned_away <= max(1, len(history.said) // 5), "as many as a pause may concern"
        assert len(history.said) > messages // 20
        assert history.gone
