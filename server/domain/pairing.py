"""How far two institutions have come in making their instances partners, and who has to act."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Actor(StrEnum):
    """Who has to act at a step. NOBODY: it is done."""

    NOBODY = "nobody"
    US = "us"
    THEM = "them"
    BOTH = "both"
    SERVER = "server"  # the probe is under way


@dataclass(frozen=True, slots=True)
class PairingStep:
    """title, says: gettext ids. says: what stands, or what is to be done."""

    number: int
    title: str
    actor: Actor
    says: str
