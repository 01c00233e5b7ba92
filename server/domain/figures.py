"""Counts of an instance as its administrator reads them. Never who, never what."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Peers:
    """failing: connected ones that have not answered for a day. knocks: origins that knocked within a week.

    ending, ended_agreements: of connected instances that are paired, whose agreement ends soon, or has ended.
    """

    connected: int
    paused: int
    ended: int
    failing: int
    knocks: int
    ending: int
    ended_agreements: int


@dataclass(frozen=True, slots=True)
class People:
    """users: who can sign in. sessions: browsers seen within a day. tokens: of apps, not revoked."""

    users: int
    administrators: int
    sessions: int
    tokens: int
