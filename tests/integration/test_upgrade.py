"""A database of an older version, with many rows, is upgraded: killed in the middle, completed, and nothing is missing.

CONSILIUM_SOAK=1 takes a million rows of each kind, and prints how long it took.
"""

from __future__ import annotations

import hmac
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest
from alembic import command
from sqlalchemy import Connection, text

from server.core.clock import SystemClock, from_milliseconds, iso
from server.core.context import Context
from server.core.ids import Ids
from server.core.secrets import Sealer, load_or_create_secret
from server.core.settings import Settings
from server.domain.seals import Damage, SealedLog
from server.services import seals
from server.store import schema, work
from server.store.session import Database, Unit
from server.store.tables.types import PackedJson
from tests.support.instances import POSTGRESQL, SQLITE, LiveInstance

pytestmark = pytest.mark.slow

SOAK = os.environ.get("CONSILIUM_SOAK") == "1"
ROWS = 1_000_000 if SOAK else 20_000
UNSEALED = 300
CHUNK = 10_000
PEERS = 40
UNDONE = 50
START = 1_767_225_600_000
OLD = "0004"
PACKED = PackedJson()


@contextmanager
def opened(instance: LiveInstance) -> Iterator[Database]:
    """The instance's database as it stands."""
    url = instance.environment.get("CONSILIUM_DATABASE_URL", "")
    folder = Path(instance.environment["CONSILIUM_DATA_DIR"])
    folder.mkdir(exist_ok=True)
    settings, clock = Settings(data_dir=folder, database_url=url), SystemClock()
    sealer = Sealer(load_or_create_secret(settings.secret_path))
    database = Database(Context(settings, clock, Ids(clock), sealer))
    try:
        yield database
    finally:
        database.close()


# -- what an older version left --------------------------------------------------------------------------


def old_decision(number: int) -> dict[str, Any]:
    """Of a few kinds, as they repeat; each about something of its own."""
    peer, way = f"p{number % PEERS:02d}.example", ("in", "out")[number % 2]
    effect = "deny" if number % 97 == 0 else "allow"
    facts = {
        "direction": way,
        "action": "accept" if way == "in" else "deliver",
        "peer": {"origin": peer, "tier": 1, "held": False, "labels": []},
        "content": {"form": "post", "class": "discussion", "language": ("fr", "en", "und")[number % 3]},
    }
    return {
        "id": (START + number * 20) << 16 | number % 65_536,
        "at": START + number * 20,
        "direction": way,
        "action": facts["action"],
        "peer": peer,
        "subject": f"https://{peer}/notes/{number}/activité",
        "effect": effect,
        "rules": ["base.connected-ordinary-posts"] if effect == "allow" else [],
        "policy_version": f"e4e0103e54b9fe1{number * 3 // ROWS}",
        "facts": facts,
    }


def old_item(number: int) -> dict[str, Any]:
    """Most are done; of the others some wait, some are held, some parked."""
    peer = f"p{number % PEERS:02d}.example"
    state = "done" if number % UNDONE else ("waiting", "held", "parked")[number // UNDONE % 3]
    return {
        "id": (START + number * 20) << 16 | number % 65_536,
        "activity_id": f"https://{peer}/notes/{number}/activité",
        "actor": f"https://{peer}/users/{number % 7}",
        "origin": peer,
        "key_id": "#main-key",
        "digest": sha256(body_of(number)).digest(),
        "received_at": START + number * 20,
        "state": state,
        "attempts": number % 5,
        "due_at": START + number * 20 + 5,
        "outcome": "applied" if state == "done" else "",
        "scheme": ("cavage", "rfc9421")[number % 2],
        "stream": "a stream" if number % (UNDONE * 2) == 0 else None,
        "lane": number % 11 == 0,
        "verdict": "released" if number % 1_001 == 0 else None,
    }


def body_of(number: int) -> bytes:
    return f'{{"id":"https://p.example/notes/{number}/activité"}}'.encode()


def seal_of(before: bytes, row: dict[str, Any], sequence: int) -> bytes:
    """As documented: SHA-256 over the seal before it and the row as JSON with sorted names."""
    said = row | {"at": iso(from_milliseconds(row["at"])), "sequence": sequence}
    return sha256(before + msgspec.json.encode(said, order="deterministic")).digest()


def fill(database: Database) -> None:
    """All but the last are sealed."""
    command.upgrade(schema.config(database), OLD)
    with database.engine.connect() as connection:
        schema.begin_for_real(connection)
        with connection.begin():
            _fill(connection, database)


def _fill(connection: Connection, database: Database) -> None:
    last, sealed = bytes(32), ROWS - UNSEALED
    for first in range(0, ROWS, CHUNK):
        rows = [old_decision(number) for number in range(first, first + CHUNK)]
        for number, row in enumerate(rows, first + 1):
            within = number <= sealed
            last = seal_of(last, row, number) if within else last
            row.update(
                sequence=number if within else None,
                seal=last if within else None,
                rules=json.dumps(row["rules"], separators=(",", ":")),
                facts=PACKED.process_bind_param(row["facts"], database.engine.dialect),
            )
        _insert(connection, "decision", rows)
        items = [old_item(number) for number in range(first, first + CHUNK)]
        _insert(connection, "inbox_item", items)
        bodies = [
            {"item_id": item["id"], "body": body_of(number)}
            for number, item in enumerate(items, first)
            if item["state"] != "done"
        ]
        _insert(connection, "inbox_body", bodies)
    head = f"decisions:{sealed}:{last.hex()}:{iso(from_milliseconds(START))}"
    code = hmac.digest(database.context.sealer.derive("seal-head"), head.encode(), "sha256")
    _insert(
        connection,
        "seal",
        [{"log": "decisions", "sequence": sealed, "seal": last, "at": START, "code": code}],
    )


def _insert(connection: Connection, table: str, rows: list[dict[str, Any]]) -> None:
    names = list(rows[0])
    values = ", ".join(f":{name}" for name in names)
    connection.execute(text(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({values})"), rows)


# -- what is compared ------------------------------------------------------------------------------------

BEFORE = "decision d"
AFTER = "decision d JOIN ruling r ON r.id = d.ruling_id"
SHARED = ("direction", "action", "peer", "effect", "rules", "policy_version", "facts")
OWN = ("at", "subject", "sequence", "seal")


def summed(database: Database, decisions: str) -> tuple[int, str]:
    """How many decisions there are, and a sum of all that they say."""
    shared = "r" if "ruling" in decisions else "d"
    names = [f"d.{name}" for name in ("id", *OWN)] + [f"{shared}.{name}" for name in SHARED]
    return _summed(
        database, f"SELECT {', '.join(names)} FROM {decisions} WHERE d.id > :last ORDER BY d.id", list
    )


def summed_items(database: Database) -> tuple[int, str]:
    """The same of what came in, done or not."""
    new = schema.revision(database) > "0005"
    key = "activity_digest" if new else "activity_id"

    def said(row: list[Any]) -> list[Any]:
        return [row[0], row[1] if new else sha256(row[1].encode()).digest()[:16], *row[2:-1], bool(row[-1])]

    names = f"i.id, i.{key}, i.origin, i.digest, i.received_at, i.state, i.attempts, i.due_at, i.outcome, i.verdict, i.lane"
    return _summed(database, f"SELECT {names} FROM inbox_item i WHERE i.id > :last ORDER BY i.id", said)


def summed_work(database: Database) -> tuple[int, str]:
    """The same of what is to be done still, as it came."""
    there = "b" if schema.revision(database) > "0005" else "i"
    names = ", ".join(f"{there}.{name}" for name in ("activity_id", "actor", "key_id", "scheme", "stream"))
    return _summed(
        database,
        f"SELECT i.id, b.body, {names} FROM inbox_item i JOIN inbox_body b ON b.item_id = i.id"
        " WHERE i.id > :last ORDER BY i.id",
        list,
    )


def _summed(database: Database, statement: str, said: Callable[[list[Any]], list[Any]]) -> tuple[int, str]:
    number, found, last = 0, sha256(), -1
    with database.engine.connect() as connection:
        paged = text(f"{statement} LIMIT :most")
        while rows := connection.execute(paged, {"last": last, "most": CHUNK}).all():
            for row in rows:
                values = [bytes(value) if isinstance(value, memoryview) else value for value in row]
                found.update(repr(said(values)).encode())
            number, last = number + len(rows), rows[-1].id
    return number, found.hexdigest()


def summed_all(database: Database) -> list[tuple[int, str]]:
    decisions = BEFORE if schema.revision(database) == OLD else AFTER
    return [summed(database, decisions), summed_items(database), summed_work(database)]


def migrating(instance: LiveInstance) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "server", "migrate"],
        env=instance.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def killed_at(instance: LiveInstance, is_moment: Callable[[dict[str, Any]], bool]) -> None:
    """SIGKILL once the migration says that it has come so far."""
    process = migrating(instance)
    assert process.stderr is not None
    lines = []
    for line in process.stderr:
        lines.append(line)
        if line.startswith("{") and is_moment(json.loads(line)):
            process.send_signal(signal.SIGKILL)
            break
    process.stderr.close()
    assert process.wait() == -signal.SIGKILL, "".join(lines)


def check(database: Database) -> tuple[int, Damage | None]:
    found = database.run_read(seals.begin, SealedLog.DECISIONS)
    while not found.finished:
        found = database.run_read(seals.go_on, found)
    return found.sequence, found.damage


@pytest.mark.timeout(7200 if SOAK else 300)
@pytest.mark.parametrize("engine", [SQLITE, POSTGRESQL])
def test_an_older_database_is_upgraded_whole(tmp_path: Path, engine: str) -> None:
    instance = LiveInstance("target", tmp_path, engine)
    with opened(instance) as database:
        fill(database)
        before = summed_all(database)
    assert [number for number, _ in before] == [ROWS, ROWS, ROWS // UNDONE]

    # in the middle of each, and when all of the first is copied and nothing is put in place
    for table, number in (("decision", ROWS // 2), ("decision", ROWS), ("inbox_item", ROWS // 2)):
        killed_at(
            instance,
            lambda said, table=table, number=number: (  # type: ignore[misc]
                said.get("table") == table and said["rows"] >= number
            ),
        )
        with opened(instance) as database:
            assert schema.revision(database) == (OLD if table == "decision" else "0005")
            assert summed_all(database) == before

    begun = time.monotonic()
    process = migrating(instance)
    _, said = process.communicate()
    assert process.returncode == 0, said
    print(f"{engine}: {ROWS:,} decisions and as many activities upgraded in {time.monotonic() - begun:.1f} s")
    assert "up to date" in instance.command("migrate", "--check")
    with opened(instance) as database:
        assert summed_all(database) == before
        assert check(database) == (ROWS - UNSEALED, None)
        while database.run_write(seals.seal):
            pass
        assert check(database) == (ROWS, None)

        def numbers(unit: Unit) -> int:
            found: int = unit.value(text("SELECT count(*) FROM ruling"))
            return found

        assert database.run_read(numbers) < ROWS // 10
        known, unknown = old_item(7), old_item(ROWS)
        assert database.run_read(work.digest_of, known["activity_id"]) == known["digest"].hex()
        assert database.run_read(work.digest_of, unknown["activity_id"]) is None
        waiting = old_item(UNDONE * 3)
        found = database.run_read(work.find_item, waiting["id"])
        assert found is not None
        assert (found.activity_id, found.key_id) == (waiting["activity_id"], f"{waiting['actor']}#main-key")
    words = [sys.executable, "-m", "server", "audit", "verify", "--json"]  # of a million it takes minutes
    told = subprocess.run(words, env=instance.environment, capture_output=True, text=True, check=True)
    logs = json.loads(told.stdout)["logs"]
    assert [one["sealed"] for one in logs if one["log"] == "decisions"] == [ROWS]


@pytest.mark.parametrize("engine", [SQLITE, POSTGRESQL])
def test_an_upgrade_can_be_taken_back(tmp_path: Path, engine: str) -> None:
    """By whoever has lost the backup of before: the older version finds its tables, each decision as it was, and all that is to be done."""
    instance = LiveInstance("target", tmp_path, engine)
    with opened(instance) as database:
        fill(database)
        before = [summed(database, BEFORE), summed_work(database)]
        command.upgrade(schema.config(database), "head")
        command.downgrade(schema.config(database), OLD)
        assert [summed(database, BEFORE), summed_work(database)] == before
