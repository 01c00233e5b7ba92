"""Single facts about this database: which instance it belongs to, and other things that are set once."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from server.store.session import Unit
from server.store.statement import upsert
from server.store.tables.work import meta

RECOVERING = "recovering"
"""Since when the instance, out of a backup, has been catching up; empty where it does not."""


_VALUE = select(meta.c.value).where(meta.c.key == bindparam("key"))


def get(unit: Unit, key: str) -> str | None:
    value: str | None = unit.value(_VALUE, {"key": key})
    return value


def put(unit: Unit, key: str, value: str) -> None:
    upsert(unit, meta, {"key": key, "value": value, "number": None}, ["key"])
