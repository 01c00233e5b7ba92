"""What a check of the installation says: one plain sentence, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Level(StrEnum):
    """`doctor` prints the word, `status` the colour."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"

    @property
    def colour(self) -> str:
        return {"ok": "green", "warn": "amber", "fail": "red"}[self.value]


@dataclass(frozen=True, slots=True)
class Remark:
    """topic: a closed word such as `clock`. message, action: gettext ids; values fill both. action: empty when fine."""

    topic: str
    level: Level
    message: str
    action: str = ""
    values: Mapping[str, str | int] = field(default_factory=dict)


def worst(remarks: list[Remark]) -> Level:
    levels = {remark.level for remark in remarks}
    return Level.FAIL if Level.FAIL in levels else Level.WARN if Level.WARN in levels else Level.OK
