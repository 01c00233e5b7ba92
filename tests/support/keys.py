"""RSA keys for the actors of tests, real ones, handed round: a process makes as many as a test has actors, and no more.

Two actors that were made one after the other never have the same.
"""

from __future__ import annotations

from functools import cache
from itertools import count

from federation.keys import PrivateKey

MOST = 24
_turns = count()


def next_rsa_key() -> PrivateKey:
    return _made(next(_turns) % MOST)


@cache
def _made(_place: int) -> PrivateKey:
    return PrivateKey.generate_rsa()
