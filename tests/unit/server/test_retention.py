"""What is past its time goes, everywhere and with receipts; nothing younger, and nothing that somebody has to look at."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from federation.types import Iri, Origin
from server.core.errors import Invalid
from server.core.ids import first_id_at
from server.domain.accounts import Account
from server.domain.boundary import Action, Direction
from server.domain.ledger import PurgeReason, PurgeState
from server.domain.posts import PostKind, Standing, Visibility
from server.domain.retention import Due, RetentionKind
from server.domain.seals import Check, Damage, SealedLog
from server.jobs.retention import RetentionSweep
from server.jobs.unit import Units
from server.media.vault import Vault
from server.services import audit, boundary, lawful_holds, purges, reports, retention, seals
from server.store import accounts, groups, posts, repeats
from server.store import incidents as incident_rows
from server.store.session import Unit
from server.store.tables.audit import audit as audit_rows
from server.store.tables.audit import ruling, seal_start
from server.store.tables.groups import group as group_rows
from tests.support.exchange import Exchange, Instance, open_exchange
from tests.support.groups import a_group
from tests.support.house import House, open_house

DAYS = 30
CASE = Iri("https://there.example/notes/1")


def _sweep(house: House, folder: Path) -> Counter[RetentionKind]:
    sweep = RetentionSweep(Units(house.database), Vault(folder), house.clock)
    return +asyncio.run(sweep.sweep("command"))


def _kept_for(instance: Instance, group: Account, days: int) -> None:
    here = instance.house.read(_account_by_uri, group.uri)
    instance.house.run(
        lambda unit: unit.run(
            update(group_rows).where(group_rows.c.account_id == here).values(retention_days=days)
        )
    )


def _account_by_uri(unit: Unit, uri: str) -> int:
    from_rows = accounts.find_by_uri(unit, Iri(uri))
    assert from_rows is not None
    return from_rows.id


# -- between instances -----------------------------------------------------------------------------------


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Exchange]:
    with open_exchange(tmp_path, "chu", "clinic", "society") as made:
        yield made


@pytest.mark.parametrize("stated", [True, False])
def test_a_group_takes_back_what_is_past_its_days_with_receipts(
    net: Exchange, tmp_path: Path, stated: bool
) -> None:
    """stated: whether the author's instance holds the group's days; where it does not, it keeps its member's own words, hidden."""
    chu, clinic, society = net["chu"], net["clinic"], net["society"]
    group = society.group()
    anna, bert, cleo = chu.doctor("anna"), clinic.doctor("bert"), society.doctor("cleo")
    for home, one in ((chu, anna), (clinic, bert), (society, cleo)):
        net.join(home, one, society, group)
    for instance in (chu, society) if stated else (society,):
        _kept_for(instance, group, DAYS)
    old = chu.say(anna, "@cardio@society.example an old question")
    net.settle()
    for each in net.instances.values():
        each.house.clock.advance(timedelta(days=DAYS - 1))
    question = society.find(old.uri)
    assert question is not None
    answer = society.say(cleo, "a young answer", in_reply_to_id=question.id, visibility=Visibility.FOLLOWERS)
    net.settle()
    assert _sweep(society.house, tmp_path / "vault") == {}
    for each in net.instances.values():
        each.house.clock.advance(timedelta(days=1, hours=1))
    [posts_due] = [one for one in society.house.read(retention.preview) if one.kind is RetentionKind.POSTS]
    assert (posts_due.count, posts_due.group, posts_due.days) == (1, "cardio", DAYS)
    assert _sweep(society.house, tmp_path / "vault") == {RetentionKind.POSTS: 1}
    net.settle()
    at_author = chu.find(old.uri)
    assert (society.find(old.uri), clinic.find(old.uri)) == (None, None)
    assert at_author is None if stated else at_author is not None and at_author.standing is Standing.REMOVED
    assert all(each.find(answer.uri) is not None for each in net.instances.values())
    asked = society.house.read(purges.of_object, old.uri)
    assert [(one.host, one.reason, one.state) for one in asked] == [
        ("clinic.example", PurgeReason.REMOVED, PurgeState.DONE)
    ]
    assert _sweep(society.house, tmp_path / "vault") == {}, "a second round does nothing"
    assert [e["action"] for e in society.house.read(audit.of_target, old.uri)].count("retention.post") == 1
    assert society.house.read(repeats.find_tombstone, old.uri) is not None


# -- never younger, never what somebody looks at -----------------------------------------------------------

HOUR = timedelta(hours=1)
HALF = HOUR / 2
"""The house's clock goes on a second with each unit: nothing is so near to its time that this decides."""
WATCHED = ("", "incident", "hold", "report")


@dataclass(frozen=True)
class Made:
    """age, edited: in hours before now, begun ones counted."""

    age: int
    edited: int | None
    standing: Standing
    watched: str
    grouped: bool

    @property
    def goes(self) -> bool:
        past = min(self.age, self.age if self.edited is None else self.edited) > DAYS * 24
        settled = self.standing in {Standing.PUBLISHED, Standing.REFUSED, Standing.REMOVED}
        return past and settled and not self.watched and self.grouped


near = st.one_of(st.integers(DAYS * 24 - 3, DAYS * 24 + 3), st.integers(0, DAYS * 50))
made_posts = st.builds(
    Made, near, st.none() | near, st.sampled_from(list(Standing)), st.sampled_from(WATCHED), st.booleans()
)


def _put(unit: Unit, serial: int, one: Made, author: Account, group: Account) -> Iri:
    at: datetime = unit.now - one.age * HOUR + HALF
    uri = Iri(f"https://there.example/notes/{unit.new_id()}")
    post_id = first_id_at(at) + serial
    values: dict[str, Any] = {
        "id": post_id,
        "uri": uri,
        "url": uri,
        "account_id": author.id,
        "local": False,
        "kind": PostKind.NOTE.value,
        "visibility": Visibility.FOLLOWERS.value,
        "group_id": group.id if one.grouped else None,
        "thread_id": post_id,
        "content": "<p>x</p>",
        "standing": one.standing.value,
        "published_at": at,
        "edited_at": None if one.edited is None else unit.now - one.edited * HOUR + HALF,
    }
    assert posts.add(unit, values)
    match one.watched:
        case "incident":
            incident_rows.add(unit, uri, post_id, group.id, "x")
        case "hold":
            lawful_holds.hold(unit, "command", uri, "order 7")
        case "report":
            reports.receive(unit, group, author, uri=f"{uri}/flag", post_ids=[post_id], comment="")
        case _:
            pass
    return uri


@given(st.lists(made_posts, max_size=12), st.integers(0, 3))
@settings(max_examples=25, deadline=None)
def test_nothing_younger_and_nothing_watched_ever_goes(
    shared: tuple[House, Account, Account], made: list[Made], stop: int
) -> None:
    """Also where a round ends half way: the next goes on from there."""
    house, group, author = shared

    def put(unit: Unit) -> list[Iri]:
        return [_put(unit, serial, one, author, group) for serial, one in enumerate(made)]

    house.clock.advance(timedelta(days=3000))  # what earlier examples left is far past its time
    for leftover in house.read(retention.due_posts):
        house.run(retention.withdraw, "system", leftover)
    uris = house.run(put)
    [due] = [one for one in house.read(retention.preview) if one.kind is RetentionKind.POSTS]
    assert due.count == sum(one.goes for one in made)
    for post_id in house.read(retention.due_posts)[:stop]:
        house.run(retention.withdraw, "system", post_id)
    for uri in uris:  # whoever asks for one that may not go is refused
        found = house.read(posts.find_by_uri, uri)
        if found is not None:
            house.run(retention.withdraw, "system", found.id)
    there = [house.read(posts.find_by_uri, uri) is not None for uri in uris]
    assert there == [not one.goes for one in made]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, Account, Account]]:
    with open_house(tmp_path_factory.mktemp("retention")) as house:
        group = a_group(house, retention_days=DAYS)
        yield house, group, house.remote("erik")


@pytest.mark.parametrize(
    "columns",
    [{}, {"retention_days": 2**31 - 1}, {"retention_days": -1}, {"retention_days": 1, "access": "open"}],
)
def test_a_group_that_states_no_days_keeps_everything(
    house: House, tmp_path: Path, columns: dict[str, Any]
) -> None:
    """Days beyond reason are for ever, and posts of an open group are their authors'."""
    group, author = a_group(house, **columns), house.remote("erik")
    uri = house.run(_put, 1, Made(90_000, None, Standing.PUBLISHED, "", True), author, group)
    assert [one.kind for one in house.read(retention.preview) if one.count] == []
    assert _sweep(house, tmp_path / "vault") == {}
    assert house.read(posts.find_by_uri, uri) is not None


def test_a_word_about_a_post_that_is_not_past_its_days_is_not_believed(net: Exchange) -> None:
    chu, society = net["chu"], net["society"]
    group, anna = society.group(), chu.doctor("anna")
    net.join(chu, anna, society, group)
    _kept_for(chu, group, DAYS)
    young = chu.say(anna, "@cardio@society.example a question")
    record = chu.house.read(lambda unit: groups.find(unit, young.group_id or 0))
    assert record is not None
    assert not chu.house.run(retention.heard, record, young)
    assert chu.find(young.uri) is not None
    chu.house.clock.advance(timedelta(days=DAYS + 1))
    chu.house.run(lawful_holds.hold, "command", young.uri, "order 7")
    assert chu.house.run(retention.heard, record, young)
    found = chu.find(young.uri)
    assert found is not None and found.standing is Standing.HIDDEN, "a lawful order keeps it, hidden"


# -- logs ------------------------------------------------------------------------------------------------


def _written(house: House, number: int, target: str = "there.example") -> None:
    for _ in range(number):
        house.run(audit.record, "command", "instance.trust", target)
    while house.run(seals.seal):
        pass


def _verified(house: House) -> Check:
    check = house.read(seals.begin, SealedLog.AUDIT)
    while not check.finished:
        check = house.read(seals.go_on, check)
    return check


@pytest.fixture
def logged(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path, log_retention_days=365) as house:
        yield house


def test_whole_sealed_days_of_a_log_go_and_the_chain_is_still_proven(
    logged: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = logged
    _written(house, 7)
    middle = f"audit:3:{house.read(_seal_at, 3)}"
    ends = [head.words() for head in house.read(seals.heads)]
    house.clock.advance(timedelta(days=365))
    _written(house, 2)
    house.run(audit.record, "command", "instance.trust", "not.sealed")
    assert _sweep(house, tmp_path / "vault") == {}, "the day is not over"
    house.clock.advance(timedelta(days=1))
    [due] = [one for one in house.read(retention.preview) if one.kind is RetentionKind.AUDIT]
    assert (due.count, due.days) == (7, 365)
    monkeypatch.setattr(seals, "PAGE", 4)
    assert house.run(retention.let_logs_go, "system", SealedLog.AUDIT) == 4, "and then it ends half way"
    assert _verified(house).damage is None
    assert _sweep(house, tmp_path / "vault") == {RetentionKind.AUDIT: 3}
    found = _verified(house)
    assert (found.start, found.sequence, found.damage) == (7, 9, None)
    assert all(house.read(seals.against, words) for words in ends), "the last that went is still known"
    with pytest.raises(Invalid, match="older than what is kept"):
        house.read(seals.against, middle)
    _written(house, 1)
    assert _verified(house).damage is None
    entries = [one for one in house.read(audit.recent) if one["action"] == "retention.log"]
    assert [one["detail"]["rows"] for one in entries] == [3, 4]
    assert entries[0]["detail"]["through"] == ends[0]


def _seal_at(unit: Unit, sequence: int) -> str:
    found: bytes = unit.value(select(audit_rows.c.seal).where(audit_rows.c.sequence == sequence))
    return found.hex()


def test_what_decisions_had_in_common_goes_with_the_last_that_names_it(logged: House) -> None:
    house = logged

    def decided(peer: str) -> None:
        house.run(
            boundary.decide, Direction.IN, Action.ACCEPT, Origin(peer), boundary.RELATION, subject="https://x"
        )

    for peer in ("gone.example", "stays.example", "gone.example"):
        decided(peer)
    house.run(seals.seal)
    house.clock.advance(timedelta(days=366))
    decided("stays.example")
    house.run(seals.seal)
    assert house.run(retention.let_logs_go, "system", SealedLog.DECISIONS) == 3
    assert [row.peer for row in house.read(lambda unit: unit.all(select(ruling.c.peer)))] == ["stays.example"]
    decided("gone.example")  # it is written down anew
    house.run(seals.seal)
    assert [row["peer"] for row in house.read(audit.decisions)] == ["gone.example", "stays.example"]
    check = house.read(seals.begin, SealedLog.DECISIONS)
    assert (check.damage, check.start) == (None, 3)
    assert house.read(seals.go_on, check).damage is None


def test_what_is_about_an_incident_or_a_hold_stays_and_all_that_follows(logged: House) -> None:
    _written(logged, 2)
    _written(logged, 1, CASE)
    _written(logged, 3)
    logged.run(lawful_holds.hold, "command", CASE, "order 7")
    logged.clock.advance(timedelta(days=400))
    assert logged.run(retention.let_logs_go, "system", SealedLog.AUDIT) == 2
    assert logged.run(retention.let_logs_go, "system", SealedLog.AUDIT) == 0
    logged.run(lawful_holds.end, "command", CASE)
    while logged.run(seals.seal):
        pass
    assert logged.run(retention.let_logs_go, "system", SealedLog.AUDIT) > 3
    assert _verified(logged).damage is None


def test_of_a_chain_with_damage_nothing_goes(logged: House) -> None:
    _written(logged, 5)
    logged.run(lambda unit: unit.run(update(audit_rows).where(audit_rows.c.sequence == 2).values(actor="x")))
    logged.clock.advance(timedelta(days=400))
    assert logged.run(retention.let_logs_go, "system", SealedLog.AUDIT) == 0
    assert _verified(logged).damage is Damage.CHANGED


@pytest.mark.parametrize("how", ["cut", "start"])
def test_whoever_cuts_a_log_by_hand_is_found(logged: House, how: str) -> None:
    """Rows taken away without the secret, with the beginning written to fit or not."""
    _written(logged, 5)
    logged.clock.advance(timedelta(days=400))
    assert logged.run(retention.let_logs_go, "system", SealedLog.AUDIT) == 5
    _written(logged, 3)
    seal = bytes.fromhex(logged.read(_seal_at, 7))
    logged.run(lambda unit: unit.run(delete(audit_rows).where(audit_rows.c.sequence <= 7)))
    if how == "start":
        logged.run(lambda unit: unit.run(update(seal_start).values(sequence=7, seal=seal)))
    assert _verified(logged).damage is (Damage.START if how == "start" else Damage.MISSING)


def test_logs_are_kept_for_ever_where_no_setting_says_otherwise(house: House) -> None:
    _written(house, 3)
    house.clock.advance(timedelta(days=4000))
    assert house.run(retention.let_logs_go, "system", SealedLog.AUDIT) == 0
    assert Due(RetentionKind.AUDIT, None, 0, None) in house.read(retention.preview)
