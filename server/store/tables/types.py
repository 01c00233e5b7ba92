"""Column types that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Dialect, Index, Integer, LargeBinary, MetaData, Text, text
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


def then_by_id(table: str, *columns: str, where: str | None = None) -> tuple[Index, Index]:
    """An index by these columns and, among rows that share them, by the row's id, which bounds pages: one for each engine.

    SQLite ends each entry with the rowid, which is the id: an index that names it holds it twice. For tables whose primary
    key is `id`, of type Id, and which have a rowid.
    """
    name = f"ix_{table}_{'_'.join(columns)}"
    condition = None if where is None else text(where)
    on_sqlite = Index(name, *columns, sqlite_where=condition)
    on_postgresql = Index(f"{name}_id", *columns, "id", postgresql_where=condition)
    return only_on("sqlite", on_sqlite), only_on("postgresql", on_postgresql)


def only_on(dialect: str, index: Index) -> Index:
    """An index that only such a database has. Two for the two engines need two names: migrations compare by name."""
    index.info["dialect"] = dialect
    index.ddl_if(dialect=dialect)
    return index


def is_on(dialect: str, index: Index) -> bool:
    """Whether such a database has this index."""
    return bool(index.info.get("dialect", dialect) == dialect)


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
BLOB = {"blob": True}
"""Marks the columns that name bytes in the vault: what none of them names is erased."""
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


class Digest(TypeDecorator[str]):
    """A digest, 64 hexadecimal digits to everybody else, kept as its 32 bytes."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002
        return None if value is None else bytes.fromhex(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else value.hex()


FACTS_1 = (
    b'{"action":"deliverfetchmediaaccept","direction":"inout","posts":"followersgroupspublic","peer":{"origin":'
    b'".example","tier":1,"held":false,"jurisdiction":"","agreement":false,"labels":[],"authorHost":"allowedown"},'
    b'"group":{"id":"","access":"none","specialty":""},"content":{"form":"postdirectreactionrelationremovalactor",'
    b'"class":"noticecasediscussion","rank":1,"kinds":["image"],"language":"und","checks":[]},"author":{"level":0,'
    b'"profession":"","role":"member","pseudonymous":false}}'
)
"""What the facts of most crossings have in common. Never changed: rows are read with the dictionary they name."""


ACTIVITY_1 = (
    b'"summary":"sensitive":true,"inReplyTo":"attachment":[{"type":"Document","mediaType":"image/jpeg","url":"/media/",'
    b'"digestMultibase":"name":"width":"height":"blurhash":"tag":[{"type":"Hashtag","name":"#"},{"type":"Mention","href":"'
    b'https://","name":"@"}],"type":"Question","oneOf":[{"type":"Note","name":"replies":{"type":"Collection","totalItems":'
    b'"endTime":"AcceptRejectUndoFollowLikeAnnounceDeleteTombstoneUpdatePerson"updated":"'
    b'{"@context":["https://www.w3.org/ns/activitystreams",{"toot":"http://joinmastodon.org/ns#","sensitive":"as:sensitive"'
    b',"Emoji":"toot:Emoji","Hashtag":"as:Hashtag","blurhash":"toot:blurhash","focalPoint":{"@container":"@list","@id":"'
    b'toot:focalPoint"},"digestMultibase":{"@id":"https://w3id.org/security#digestMultibase","@type":"https://w3id.org/'
    b'security#multibase"},"size":"http://schema.org/contentSize","ostatus":"http://ostatus.org#","litepub":"http://'
    b'litepub.social/ns#","conversation":"ostatus:conversation","votersCount":"toot:votersCount","EmojiReact":"litepub:'
    b'EmojiReact","ChatMessage":"litepub:ChatMessage","quote":{"@id":"https://w3id.org/fep/044f#quote","@type":"@id"},'
    b'"quoteAuthorization":{"@id":"https://w3id.org/fep/044f#quoteAuthorization","@type":"@id"},"QuoteRequest":"https://'
    b'w3id.org/fep/044f#QuoteRequest"}],"id":"https:///activities/","type":"Create","actor":"https:///actors/","object":{'
    b'"id":"https:///objects/","type":"Note","attributedTo":"https:///actors/","content":"<p></p>","contentMap":{"en":"<p>'
    b'</p>"},"url":"https:///@","published":"2026-01-01T00:00:00.000000Z","to":["https://www.w3.org/ns/activitystreams'
    b'#Public"],"cc":["https:///actors//followers"]},"published":"2026-01-01T00:00:00.000000Z","to":["https://www.w3.org/'
    b'ns/activitystreams#Public"],"cc":["https:///actors//followers"]}'
)
"""What most of our activities have in common, the likeliest last. Never changed, as above."""


def _packed(value: bytes, dictionary: bytes) -> bytes:
    packer = zlib.compressobj(6, wbits=-15, zdict=dictionary)
    return b"\x01" + packer.compress(value) + packer.flush()


def _unpacked(value: bytes, dictionary: bytes) -> bytes:
    unpacker = zlib.decompressobj(wbits=-15, zdict=dictionary)
    return unpacker.decompress(value[1:]) + unpacker.flush()


class PackedJson(TypeDecorator[Any]):
    """A JSON value of which very many are kept: deflated with a preset dictionary, whose number is the first byte."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:  # noqa: ARG002
        return None if value is None else _packed(msgspec.json.encode(value), FACTS_1)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any:  # noqa: ARG002
        return None if value is None else msgspec.json.decode(_unpacked(value, FACTS_1))


class PackedDocument(TypeDecorator[bytes]):
    """The bytes of a JSON document of ours, to the letter: deflated as above. Rows from before that begin with a brace."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002
        return None if value is None else _packed(value, ACTIVITY_1)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002
        return value if value is None or value[:1] == b"{" else _unpacked(value, ACTIVITY_1)
