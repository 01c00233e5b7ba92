"""Passwords of people who are there before a test begins: real Argon2id, with the least that it may cost.

A hash says what it cost, so signing in with one is as it is with any other, and quick. What an instance hashes itself
costs what it costs.
"""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher


@cache
def quick_hash(password: str) -> str:
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(password)
