"""What the pages of the staff cost on a large house: `python -m tests.bench.pages [--postgresql] [--decisions N]`.

A house of two hundred peers, five hundred groups and a million decisions is written in bulk, and each page is asked for
as it is served, without a network between: the time from the request to the last byte, and the CPU time of this process.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import func, insert, select, text

from federation.types import Origin
from server.activitypub.ingress import federation_list
from server.domain.users import Role
from server.services import federation_lists, instances
from server.store.session import Database, Unit
from server.store.tables.accounts import account
from server.store.tables.audit import audit, crossing, decision, ruling
from server.store.tables.groups import group
from server.store.tables.instances import instance
from server.store.tables.ledger import incident
from tests.support.federation_lists import Publisher
from tests.support.fresh import fresh_postgresql
from tests.support.house import POSTGRESQL, SQLITE
from tests.support.member_pages import sign_in
from tests.support.staff_pages import Clerk, held, office

PEERS = 200
GROUPS = 500
AUDITED = 100_000
CHUNK = 50_000
TIMES = 5
WAYS = ("in", "out")
EFFECTS = ("allow",) * 98 + ("deny",) * 2  # nothing held: looking for it must not look at everything
PAGES = (
    "/admin",
    "/admin?peer=p007.example",
    "/admin/review",
    "/admin/decisions",
    "/admin/decisions?peer=p007.example",
    "/admin/decisions?effect=hold",
    "/admin/decisions?peer=p007.example&effect=deny",
    "/admin/decisions?peer=nobody.example&effect=hold",
    "/admin/explain",
    "/admin/audit",
    "/admin/audit?actor=user:7",
    "/admin/audit?action=instance.pair",
    "/admin/audit?target=p007.example",
    "/admin/invitations",
    "/admin/members",
    "/admin/partners",
    "/admin/partners/p007.example",
    "/admin/policies",
    "/admin/policies/export",
    "/admin/policies/text",
    "/admin/groups",
    "/admin/lists",
    "/admin/lists/{list}",
    "/admin/purges",
    "/admin/purges?object=https://p007.example/objects/7",
    "/admin/requests",
    "/admin/settings",
    "/admin/verifications",
    "/admin/incidents",
    "/admin/incidents/{incident}",
    "/admin/knocks/stranger.example",
    "/admin/members/{member}",
    "/admin/reports",
    "/admin/review/{held}",
)
OF_THE_AUDITOR = ("/admin/access",)
RULE = {"change": "link", "rule": "house.quiet", "template": "template.peer-no-cases", "peer": "p007.example"}
INCIDENTS = 500
MOST = 100
"""Milliseconds."""


def _peers(unit: Unit) -> None:
    rows = [
        {
            "id": unit.new_id(),
            "domain": f"p{number:03d}.example",
            "trust": "allowed",
            "created_at": unit.now,
            "changed_at": unit.now,
        }
        for number in range(PEERS)
    ]
    unit.run(insert(instance), rows)


def _groups(unit: Unit) -> None:
    accounts: list[dict[str, Any]] = []
    groups: list[dict[str, Any]] = []
    for number in range(GROUPS):
        row_id, domain = unit.new_id(), "" if number % 2 else f"p{number % PEERS:03d}.example"
        uri = f"https://{domain or 'here.example'}/groups/{number}"
        accounts.append(
            {
                "id": row_id,
                "public_id": None if domain else f"{number:032x}",
                "username": f"group{number}",
                "username_folded": f"group{number}",
                "domain": domain,
                "uri": uri,
                "url": uri,
                "kind": "Group",
                "inbox": f"{uri}/inbox",
                "fields": [],
                "also_known_as": [],
                "created_at": unit.now,
            }
        )
        groups.append(
            {
                "account_id": row_id,
                "access": "closed",
                "languages": ["en"],
                "professions": [],
                "hosts": [],
                "created_at": unit.now,
            }
        )
    unit.run(insert(account), accounts)
    unit.run(insert(group), groups)


def _rulings(unit: Unit) -> None:
    """Number n is of the peer n % PEERS, and of the way and effect that follow from n // PEERS."""
    rows = [
        {
            "id": 1 + place,
            "digest": sha256(str(place).encode()).hexdigest(),
            "direction": WAYS[place // PEERS % len(WAYS)],
            "action": "deliver",
            "peer": f"p{place % PEERS:03d}.example",
            "effect": EFFECTS[place // PEERS // len(WAYS)],
            "rules": ["base.connected-ordinary-posts"],
            "policy_version": "e4e0103e54b9fe1c",
            "facts": {"action": "deliver", "direction": "out", "peer": {"origin": "p.example", "tier": 1}},
        }
        for place in range(PEERS * len(WAYS) * len(EFFECTS))
    ]
    unit.run(insert(ruling), rows)


def _decisions(unit: Unit, first: int, count: int) -> None:
    rows = [
        {
            "id": unit.new_id(),
            "at": unit.now - timedelta(minutes=number % 40_000),
            "ruling_id": 1 + number % (PEERS * len(WAYS) * len(EFFECTS)),
            "subject": f"https://p{number % PEERS:03d}.example/activities/{number}",
            "sequence": number + 1,
            "seal": number.to_bytes(32),
        }
        for number in range(first, first + count)
    ]
    unit.run(insert(decision), rows)


def _audited(unit: Unit) -> None:
    rows = [
        {
            "id": unit.new_id(),
            "at": unit.now,
            "actor": f"user:{number % 500}",
            "action": ("account.changed", "instance.trust", "token.minted")[number % 3],
            "target": f"p{number % PEERS:03d}.example",
            "detail": {},
            "sequence": number + 1,
            "seal": number.to_bytes(32),
        }
        for number in range(AUDITED)
    ]
    unit.run(insert(audit), rows)


def _incidents(unit: Unit) -> None:
    rows = [
        {
            "id": unit.new_id(),
            "object_uri": f"https://p{number % PEERS:03d}.example/objects/{number}",
            "state": "open" if number % 50 == 0 else "purged",
            "reported_by": "user:1",
            "opened_at": unit.now - timedelta(hours=number),
        }
        for number in range(INCIDENTS)
    ]
    unit.run(insert(incident), rows)


def _numbers(unit: Unit) -> dict[str, int | str]:
    """Ids that paths name."""
    instances.knock(unit, Origin("stranger.example"))
    publisher = Publisher()
    raw = publisher.version(1, [f"p{number:03d}.example" for number in range(2 * PEERS)], at=unit.now)
    given = federation_list.judge(raw, unit.now)
    return {
        "incident": unit.value(select(func.min(incident.c.id))),
        "member": unit.value(select(account.c.id).where(account.c.username == "members")),
        "held": held(unit),
        "list": federation_lists.follow(unit, "command", given, publisher.fingerprints()).key,
    }


def _crossings(unit: Unit) -> None:
    rows = [
        {
            "day": (unit.now - timedelta(days=day)).date().isoformat(),
            "peer": f"p{peer:03d}.example",
            "direction": direction,
            "word": word,
            "effect": "allow",
            "count": 80,
        }
        for day in range(30)
        for peer in range(PEERS)
        for direction in ("in", "out")
        for word in ("notice", "discussion", "case")
    ]
    unit.run(insert(crossing), rows)


def _fill(database: Database, decisions: int) -> None:
    for step in (_peers, _groups, _audited, _crossings, _incidents):
        database.run_write(step)
    database.run_write(_rulings)
    for first in range(0, decisions, CHUNK):
        database.run_write(_decisions, first, min(CHUNK, decisions - first))
    database.run_write(lambda unit: unit.run(text("ANALYZE")))


async def _measure(name: str, ask: Callable[[], Awaitable[object]], times: int = TIMES) -> float:
    """The median in milliseconds, after a first time that is not counted."""
    await ask()
    took, spent = [], []
    for _ in range(times):
        before, cpu = time.perf_counter(), time.process_time()
        await ask()
        took.append(1000 * (time.perf_counter() - before))
        spent.append(1000 * (time.process_time() - cpu))
    print(f"| `{name}` | {median(took):.0f} | {median(spent):.0f} |", flush=True)
    return median(took)


async def _pages(database: Database, clerks: dict[Role, Clerk]) -> bool:
    """Whether one took too long. What a change of the rules would have done is no page: it judges everything again."""
    numbers = database.run_write(_numbers)
    slow = False
    for role, clerk in clerks.items():
        await sign_in(clerk.client, f"{role.value}s")  # filling took longer than a second factor is fresh
    for role, paths in ((Role.ADMIN, PAGES), (Role.AUDITOR, OF_THE_AUDITOR)):
        for path in paths:
            slow |= await _measure(path, partial(clerks[role].page, path.format(**numbers))) > MOST
    await _measure(
        "try a rule", partial(clerks[Role.ADMIN].send, "/admin/policies", 200, act="try", **RULE), 1
    )
    return slow


async def _run(engine: str, decisions: int) -> bool:
    url = fresh_postgresql() if engine == POSTGRESQL else ""
    with TemporaryDirectory(prefix="consilium-bench-") as folder:
        async with office(Path(folder), database_url=url) as (database, clerks):
            started = time.perf_counter()
            _fill(database, decisions)
            print(f"{engine}: filled in {time.perf_counter() - started:.0f} s")
            print("| page | ms | CPU-ms of the process |\n|---|---|---|")
            return await _pages(database, clerks)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgresql", action="store_true", help="on PostgreSQL instead of SQLite")
    parser.add_argument("--decisions", type=int, default=1_000_000)
    options = parser.parse_args()
    engine = POSTGRESQL if options.postgresql else SQLITE
    return int(asyncio.run(_run(engine, options.decisions)))


if __name__ == "__main__":
    sys.exit(main())
