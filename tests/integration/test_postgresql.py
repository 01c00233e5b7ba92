"""An instance on PostgreSQL: posts, home, and an exchange with one on SQLite."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from federation.types import Iri, Origin
from server.core.clock import SystemClock
from server.core.context import Context
from server.core.errors import Overloaded
from server.core.ids import Ids
from server.core.secrets import Sealer
from server.core.settings import Settings
from server.domain.trust import Trust
from server.services import boundary, instances, waiting
from server.store import accounts as account_rows
from server.store import backlog, work
from server.store.presence import Presence
from server.store.session import Database, Unit
from tests.support.house import open_house
from tests.support.instances import POSTGRESQL, SQLITE, Launcher, LiveAccount, eventually, launcher

__all__ = ["launcher"]
pytestmark = pytest.mark.slow


def texts(reader: LiveAccount) -> list[str]:
    home = reader.client.get("/api/v1/timelines/home").raise_for_status().json()
    return [post["content"] for post in home]


def follow(reader: LiveAccount, handle: str) -> str:
    found = reader.client.get("/api/v2/search", params={"q": handle, "resolve": "true", "type": "accounts"})
    account_id: str = found.raise_for_status().json()["accounts"][0]["id"]
    reader.client.post(f"/api/v1/accounts/{account_id}/follow").raise_for_status()

    def following() -> bool:
        answer = reader.client.get("/api/v1/accounts/relationships", params={"id[]": account_id})
        return bool(answer.raise_for_status().json()[0]["following"])

    eventually(following)
    return account_id


@pytest.mark.parametrize("engine", [SQLITE, POSTGRESQL])
def test_posts_cross_in_both_directions(launcher: Launcher, engine: str) -> None:
    hospital = launcher.launch("hospital", engine=engine, CONSILIUM_POSTS="public")
    society = launcher.launch("society", CONSILIUM_POSTS="public")
    hospital.connect(society)
    alice, bob = hospital.account("alice"), society.account("bob")
    follow(alice, f"@bob@{society.origin}")
    follow(bob, f"@alice@{hospital.origin}")
    alice.client.post("/api/v1/statuses", json={"status": "From the hospital"}).raise_for_status()
    bob.client.post("/api/v1/statuses", json={"status": "From the society"}).raise_for_status()
    eventually(lambda: any("From the hospital" in text for text in texts(bob)))
    eventually(lambda: any("From the society" in text for text in texts(alice)))


def test_a_destination_belongs_to_one_process_until_it_ends(tmp_path: Path) -> None:
    here, there = Origin("there.example"), Origin("elsewhere.example")

    def fill(unit: Unit) -> None:
        author = account_rows.find_by_name(unit, "alice")
        assert author is not None
        for number in range(6):
            row = work.add_activity(
                unit,
                uri=f"https://here.example/activities/{number}",
                kind="Update",
                account_id=author.id,
                post_id=None,
                crossing=boundary.ACTOR.record(),
                body=b"{}",
            )
            work.add_deliveries(unit, row, [(name, Iri(f"https://{name}/inbox")) for name in (here, there)])

    with open_house(tmp_path, POSTGRESQL) as house:
        house.local("alice")
        for name in (here, there):
            house.run(instances.set_trust, "test", name, Trust.ALLOWED, "")
        house.run(fill)
        first, second = Presence(house.database, Random(1)), Presence(house.database, Random(2))
        assert first.appear()
        assert second.appear()
        one = house.run(waiting.lease, 2, frozenset(), first.number)
        assert [len(load.deliveries) for load in one] == [1, 1], "the oldest of each destination"
        assert house.run(waiting.lease, 100, frozenset(), second.number) == [], (
            "what is behind them waits as well"
        )
        house.run(waiting.finished, one[0], list(one[0].deliveries), [], first.number)
        two = house.run(waiting.lease, 100, frozenset(), second.number)
        assert [load.destination for load in two] == [one[0].destination]
        assert len(two[0].deliveries) == 5
        first.leave()
        three = house.run(waiting.lease, 100, frozenset([two[0].destination]), second.number)
        assert [load.destination for load in three] == [one[1].destination], "the dead hold nothing"
        assert len(three[0].deliveries) == 6, "what it had begun is begun again"
        second.leave()


@pytest.mark.parametrize("engine", [SQLITE, POSTGRESQL])
def test_a_role_has_one_holder(tmp_path: Path, engine: str) -> None:
    with open_house(tmp_path, engine) as house:
        first, second = Presence(house.database, Random(1)), Presence(house.database, Random(2))
        assert first.appear()
        assert second.appear()
        assert first.take("runner")
        assert first.take("runner"), "who has it keeps it"
        assert not second.take("runner")
        first.leave()
        assert not first.take("runner"), "a call that comes to its turn after the leaving takes nothing"
        assert not first.appear()
        eventually(lambda: second.take("runner"))
        second.leave()


def test_a_database_that_is_away_is_said_to_be_busy(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, database_url=f"postgresql:///nothing?host={tmp_path}")
    clock = SystemClock()
    database = Database(Context(settings, clock, Ids(clock), Sealer(b"x" * 32)))
    try:
        with pytest.raises(Overloaded):
            database.run_read(backlog.counts)
        with pytest.raises(Overloaded):
            database.run_write(backlog.counts)
        assert not Presence(database, Random(1)).appear()
    finally:
        database.close()
