"""What members-only groups cost beside ordinary posts: CPU time of a post that comes in, and the time to fifty instances.

`python -m tests.bench.groups` prints the rows for docs/dev/performance.md; with the word `crowded`, those of a large group alone.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from federation.testing.loopback import LoopbackPeer, answer
from federation.types import Origin
from server.domain.accounts import Account
from server.store import accounts as account_rows
from server.store import memberships, relationships
from server.store.session import Unit
from tests.bench.small import cpu_of
from tests.support.hostile import neighbourhood
from tests.support.instances import Launcher, LiveInstance, eventually
from tests.support.live_groups import Circle, Doctor, LiveGroup
from tests.support.partners import as_partner

NOTES = 200
HOSTS = 50
ROUNDS = 10
CROWD = 20_000


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="consilium-bench-") as folder:
        launcher = Launcher(Path(folder))
        try:
            circle = Circle(launcher, "chu", "society", CONSILIUM_POSTS="public", CONSILIUM_LOG_LEVEL="error")
            group = circle.group("society", "cardio")
            anna, cleo = circle.doctor("chu", "anna"), circle.doctor("society", "cleo")
            circle.join(group, cleo)
            circle.join(group, anna)
            print("| what | measured |\n|---|---|")
            if "crowded" not in sys.argv:
                _inbound(circle, group, anna, cleo)
                _outbound(circle, group, cleo)
            _crowded(circle, group, cleo)
        finally:
            launcher.close()
    return 0


def _inbound(circle: Circle, group: LiveGroup, anna: Doctor, cleo: Doctor) -> None:
    found = anna.get("/api/v2/search", q=cleo.handle, resolve="true", type="accounts")["accounts"][0]
    anna.post(f"/api/v1/accounts/{found['id']}/follow")
    eventually(lambda: anna.get("/api/v1/accounts/relationships", **{"id[]": found["id"]})[0]["following"])
    ordinary = _cost(circle["chu"], cleo, anna, "")
    grouped = _cost(circle["chu"], cleo, anna, f"{group.handle} ")
    taken = _cost(circle["society"], anna, cleo, f"{group.handle} ")
    print(f"| inbound ordinary note | {ordinary:.2f} CPU-ms |")
    print(f"| inbound post of a group, both proofs, at a member's instance | {grouped:.2f} CPU-ms |")
    print(f"| the same, of an ordinary one | {grouped / ordinary:.2f} times |")
    print(
        "| inbound post at the group's instance: judged, stored, answered, signed and sent on to one instance |"
        f" {taken:.2f} CPU-ms |"
    )


def _cost(instance: LiveInstance, author: Doctor, reader: Doctor, before: str) -> float:
    """CPU-ms an instance spends on each of many posts that come from elsewhere."""
    mark = f"{before.strip('@ ')[:6] or 'plain'}{instance.name}"
    started = cpu_of(instance)
    uri = ""
    for number in range(NOTES):
        uri = author.say(f"{before}{mark} {number}")["uri"]
    eventually(lambda: reader.sees(uri), within=120, every=2)
    time.sleep(1)
    return 1000 * (cpu_of(instance) - started) / NOTES


def _outbound(circle: Circle, group: LiveGroup, cleo: Doctor) -> None:
    """From the app's request to the last of fifty instances."""
    with neighbourhood() as hood:
        peers = [hood.peer(f"host{number}") for number in range(HOSTS)]
        for peer in peers:
            peer.behaviours["/inbox"] = answer(202)
        circle.run(group.at, _settle_in, [Origin(peer.origin) for peer in peers], group.account, cleo.account)
        ordinary = [_spread(peers, cleo, "") for _ in range(ROUNDS)]
        grouped = [_spread(peers, cleo, f"{group.handle} ") for _ in range(ROUNDS)]
    print(f"| one post to {HOSTS} instances, last delivery | {1000 * statistics.median(ordinary):.0f} ms |")
    print(
        f"| one post of a group to {HOSTS} instances, last delivery | {1000 * statistics.median(grouped):.0f} ms |"
    )
    ratio = statistics.median(grouped) / statistics.median(ordinary)
    print(f"| the same, of an ordinary one | {ratio:.2f} times |")


def _settle_in(unit: Unit, hosts: list[Origin], group: Account, author: Account) -> None:
    """A member of the group at each instance, who follows the author as well."""
    for host in hosts:
        as_partner(unit, host)
        account_id = _member(unit, group, host, "member")
        uri = f"http://{host}/users/member/follow"
        follow = {"id": unit.new_id(), "account_id": account_id, "target_id": author.id, "state": "accepted"}
        relationships.add_follow(unit, {**follow, "uri": uri})


def _member(unit: Unit, group: Account, host: str, name: str) -> int:
    """host: "" for a member here."""
    uri = f"http://{host or unit.context.settings.origin}/users/{name}"
    account_id = unit.new_id()
    values: dict[str, Any] = {
        "id": account_id,
        "username": name,
        "domain": host,
        "uri": uri,
        "url": uri,
        "kind": "Person",
        "inbox": f"{uri}/inbox",
        "shared_inbox": f"{uri.split('/users/', maxsplit=1)[0]}/inbox",
        "created_at": unit.now,
    }
    account_rows.add(unit, values)
    memberships.add(unit, {"group_id": group.id, "account_id": account_id, "state": "active"})
    return account_id


def _crowded(circle: Circle, group: LiveGroup, cleo: Doctor) -> None:
    """What a post costs the group's instance with few members, with many elsewhere, and with many here."""
    with neighbourhood() as hood:
        peer = hood.peer("crowded")
        peer.behaviours["/inbox"] = answer(202)
        circle.run(group.at, _settle_in, [Origin(peer.origin)], group.account, cleo.account)
        few = _published(group, cleo, peer)
        print(f"| one post of a group of few members, to one instance | {few:.1f} CPU-ms |")
        circle.run(group.at, _crowd, peer.origin, group.account)
        many = _published(group, cleo, peer)
        print(f"| the same with {CROWD} more members there | {many:.1f} CPU-ms |")
        circle.run(group.at, _crowd, "", group.account)
        here = _published(group, cleo, peer)
        print(f"| the same with {CROWD} more members here | {here:.1f} CPU-ms |")


def _crowd(unit: Unit, host: str, group: Account) -> None:
    for number in range(CROWD):
        account_id = _member(unit, group, host, f"member{number}")
        if not host:
            follow = {"id": unit.new_id(), "account_id": account_id, "target_id": group.id}
            uri = f"{group.uri}/follows/{number}"
            relationships.add_follow(unit, {**follow, "state": "accepted", "uri": uri})


def _published(group: LiveGroup, cleo: Doctor, peer: LoopbackPeer) -> float:
    """CPU-ms of the group's instance for a post, until the other instance has it."""
    _spread([peer], cleo, f"{group.handle} ")
    started = cpu_of(group.at)
    for _ in range(ROUNDS):
        _spread([peer], cleo, f"{group.handle} ")
    return 1000 * (cpu_of(group.at) - started) / ROUNDS


def _spread(peers: list[LoopbackPeer], author: Doctor, before: str) -> float:
    had = [len(peer.seen) for peer in peers]
    started = time.perf_counter()
    author.say(f"{before}to all")
    deadline = started + 60
    while any(len(peer.seen) <= count for peer, count in zip(peers, had, strict=True)):
        assert time.perf_counter() < deadline
        time.sleep(0.001)
    took = time.perf_counter() - started
    time.sleep(0.3)
    return took


if __name__ == "__main__":
    sys.exit(main())
