"""Column types that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Dialect, Integer, LargeBinary, MetaData, Text
from sqlalchemy.types import TypeDecorator

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id = BigInteger().with_variant(Integer, "sqlite")
"""64-bit id. On SQLite an INTEGER primary key is the rowid itself."""


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


class Moment(TypeDecorator[datetime]):
    """An aware UTC time, stored as Unix milliseconds."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        # never rounded up: what ends now has ended, and the last moment of the calendar stays within it
        return None if value is None else (value - EPOCH) // MILLISECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else EPOCH + value * MILLISECOND


class Json(TypeDecorator[Any]):
    """A JSON value, stored as text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else msgspec.json.encode(value).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        return None if value is None else msgspec.json.decode(value)


FACTS_1 = (
    b'{"action":"deliverfetchmediaaccept","direction":"inout","posts":"followersgroupspublic","peer":{"origin":'
    b'".example","tier":1,"held":false,"jurisdiction":"","agreement":false,"labels":[],"authorHost":"allowedown"},'
    b'"group":{"id":"","access":"none","specialty":""},"content":{"form":"postdirectreactionrelationremovalactor",'
    b'"class":"noticecasediscussion","rank":1,"kinds":["image"],"language":"und","checks":[]},"author":{"level":0,'
    b'"profession":"","role":"member","pseudonymous":false}}'
)
"""What the facts of most crossings have in common. Never changed: rows are read with the dictionary they name."""


class PackedJson(TypeDecorator[Any]):
    """A JSON value of which very many are kept: deflated with a preset dictionary, whose number is the first byte."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:  # noqa: ARG002
        if value is None:
            return None
        packer = zlib.compressobj(6, wbits=-15, zdict=FACTS_1)
        return b"\x01" + packer.compress(msgspec.json.encode(value)) + packer.flush()

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any:  # noqa: ARG002
        if value is None:
            return None
        unpacker = zlib.decompressobj(wbits=-15, zdict=FACTS_1)
        return msgspec.json.decode(unpacker.decompress(value[1:]) + unpacker.flush())
