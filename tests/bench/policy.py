"""What one decision costs with a thousand rules and two hundred peers: CPU-milliseconds, nothing remembered of earlier facts.

Half of the rules that name somebody are about one peer, half about one peer and one group. Each measured decision is over facts that were
not seen before; `first` also cuts the slice of its peer and group, as after a change of the rules.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from itertools import islice
from statistics import median

from server.domain.boundary import (
    Action,
    AuthorFacts,
    AuthorRole,
    ContentClass,
    ContentFacts,
    ContentForm,
    Direction,
    Facts,
    GroupAccess,
    GroupFacts,
    HostStanding,
    PeerFacts,
    PostsReach,
    Tier,
)
from server.policy.compile import base_source
from server.policy.decide import PolicySet, compile_set

PEERS = 200
GROUPS = 50
DECISIONS = 4_000


def rules(count: int, everybody: int) -> str:
    """everybody: how many name neither peer nor group."""
    made = []
    for number in range(count):
        peer, group = f'Instance::"peer{number % PEERS}.example"', f'Group::"group{number % GROUPS}"'
        if number < everybody:
            scope = "principal, action, resource"
        elif number % 2:
            scope = f"principal == {peer}, action, resource"
        else:
            scope = f'principal == {peer}, action == Action::"deliver", resource == {group}'
        made.append(
            f'@id("house.rule-{number}") forbid ({scope}) when {{ context.content.rank >= 2 && '
            f'context.author.level == {number % 5} && context.content.language == "x{number}" }};'
        )
    return "\n".join(made)


def facts() -> Iterator[Facts]:
    number = 0
    while True:
        origin, group = f"peer{number % PEERS}.example", f"group{number % GROUPS}"
        yield Facts(
            Direction.OUT,
            Action.DELIVER,
            PeerFacts(origin, Tier.T2, False, False, "FR", True, frozenset(), HostStanding.OWN),
            GroupFacts(group, GroupAccess.CLOSED, "cardiology"),
            ContentFacts(ContentForm.GROUP, ContentClass.DISCUSSION, frozenset(), f"l{number}", frozenset()),
            AuthorFacts(2, "physician", AuthorRole.MEMBER, False),
            PostsReach.FOLLOWERS,
        )
        number += 1


def measure(policy: PolicySet) -> tuple[float, float, float]:
    """Of a first decision about a peer and group, the median afterwards, and the 99th of a hundred."""
    asked = islice(facts(), PEERS + DECISIONS)
    times = []
    for each in asked:
        begun = time.thread_time()
        decision = policy.decide(each)
        times.append(1000 * (time.thread_time() - begun))
        assert not decision.alarm, decision
    first, after = times[:PEERS], sorted(times[PEERS:])
    return median(first), median(after), after[len(after) * 99 // 100]


def main() -> int:
    print(
        "| rules of the house | about everybody | first of its slice | afterwards, median | 99th |\n|---|---|---|---|---|"
    )
    for count, everybody in ((0, 0), (100, 10), (1_000, 0), (1_000, 20), (1_000, 100), (1_000, 1_000)):
        numbers = measure(compile_set(base_source(), rules(count, everybody)))
        print(
            f"| {count:,} | {everybody:,} | " + " | ".join(f"{one:.3f}" for one in numbers) + " |", flush=True
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
