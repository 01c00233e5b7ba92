"""Collections and their pages. `items` and `orderedItems` are read alike; which is written follows from the type."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from federation.errors import Malformed
from federation.types import Iri, Json, JsonObject
from federation.vocab.base import Field, Reader, Reference, Table, Thing
from federation.vocab.shapes import (
    count,
    document_id,
    iri,
    moment,
    recipients,
    text,
    write_list,
    write_moment,
)

COLLECTION_TYPES: Final = frozenset(
    {"Collection", "OrderedCollection", "CollectionPage", "OrderedCollectionPage"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection(Thing):
    """A collection or one page of it. items: what it carries itself. first: a page, named or embedded."""

    name: str | None = None
    summary: str | None = None
    attributed_to: Iri | None = None
    total_items: int | None = None
    first: Reference | None = None
    last: Iri | None = None
    next: Iri | None = None
    prev: Iri | None = None
    current: Iri | None = None
    part_of: Iri | None = None
    start_index: int | None = None
    items: tuple[Reference, ...] = ()
    published: datetime | None = None
    updated: datetime | None = None
    to: tuple[Iri, ...] = ()
    cc: tuple[Iri, ...] = ()

    @property
    def ordered(self) -> bool:
        return self.type.startswith("Ordered")

    @property
    def is_page(self) -> bool:
        return self.type.endswith("Page")


def build_tables(
    read_items: Reader,
    write_items: Callable[[tuple[Reference, ...]], Json],
    read_page: Reader,
    write_page: Callable[[Reference], Json],
) -> tuple[Table, Table]:
    """The members of an unordered and of an ordered collection."""
    common = (
        Field("name", "name", text),
        Field("summary", "summary", text),
        Field("attributedTo", "attributed_to", iri),
        Field("totalItems", "total_items", count),
        Field("first", "first", read_page, write_page),
        Field("last", "last", iri),
        Field("next", "next", iri),
        Field("prev", "prev", iri),
        Field("current", "current", iri),
        Field("partOf", "part_of", iri),
        Field("startIndex", "start_index", count),
        Field("published", "published", moment, write_moment),
        Field("updated", "updated", moment, write_moment),
        Field("to", "to", recipients, write_list),
        Field("cc", "cc", recipients, write_list),
    )
    plain = Table(
        Collection,
        (*common, Field("items", "items", read_items, write_items)),
        aliases={"orderedItems": "items"},
    )
    ordered = Table(
        Collection,
        (*common, Field("orderedItems", "items", read_items, write_items)),
        aliases={"items": "orderedItems"},
    )
    return plain, ordered


def read_collection(document: JsonObject, kind: str, depth: int, table: Table) -> Collection:
    """The collection that a document describes. Both kinds of items at once are refused: which is meant is not clear."""
    if "items" in document and "orderedItems" in document:
        raise Malformed("items-twice")
    return Collection(id=document_id(document), type=kind, **table.read(document, depth))
