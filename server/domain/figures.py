"""Counts of an instance as its administrator reads them. Never who, never what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Peers:
    """failing: connected ones that have not answered for a day. knocks: origins that knocked within a week.

    unproven: paired ones whose test has failed for a day, so that nothing of groups crosses.
    ending, ended_agreements: of connected instances that are paired, whose agreement ends soon, or has ended.
    """

    connected: int
    paused: int
    ended: int
    failing: int
    knocks: int
    ending: int
    ended_agreements: int
    unproven: int


@dataclass(frozen=True, slots=True)
class People:
    """users: who can sign in."""

    users: int
    administrators: int


@dataclass(frozen=True, slots=True)
class Purges:
    """What others were asked to remove and have not answered. unreachable: their server does not answer either."""

    waiting: int
    overdue: int
    unreachable: int


@dataclass(frozen=True, slots=True)
class Credentials:
    """ending: verified members whose verification ends soon."""

    ending: int


class CrossingKey(NamedTuple):
    """What decisions are counted by. day: ISO, UTC. word: of the content's class."""

    day: str
    peer: str
    direction: str
    word: str
    effect: str


@dataclass(frozen=True, slots=True)
class Crossed:
    """Decisions about one peer and one class of content on one day, UTC. word: the class; day: ISO."""

    peer: str
    word: str
    day: str
    allowed: int
    held: int
    denied: int
