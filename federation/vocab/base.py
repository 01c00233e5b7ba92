"""What every decoded thing shares, the limits of a document, and the table that maps JSON members to fields.

A table names, for one kind of thing, each member that is read, how its value is read and how it is written. Members that
no table names are dropped: whoever needs them has the raw bytes. Limits that are exceeded cut what is merely shown
(tags, attachments, items) and refuse what decides who is reached or what is done (recipients, objects, nesting).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import MISSING, dataclass, fields
from typing import Any, Final, NamedTuple, TypeAlias

from federation.types import Iri, Json, JsonObject

AS: Final = "https://www.w3.org/ns/activitystreams"
PUBLIC: Final = Iri(f"{AS}#Public")
PUBLIC_SPELLINGS: Final = frozenset({PUBLIC, "as:Public", "Public"})

MAX_TAGS: Final = 64  # the rest is cut
MAX_ATTACHMENTS: Final = 16  # the rest is cut
MAX_FIELDS: Final = 32  # profile fields; the rest is cut
MAX_OPTIONS: Final = 64  # of a poll; the rest is cut
MAX_ITEMS: Final = 2000  # of a collection page; the rest is cut
MAX_KEYS: Final = 16  # of an actor; the rest is cut
MAX_RECIPIENTS: Final = 1024  # in each of to, cc …; more are refused
MAX_OBJECTS: Final = 256  # of one activity (Flag); more are refused
MAX_NESTING: Final = 6  # things within things; deeper is refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """Anything with a type. id is None for what is anonymous (a link, a transient activity, an embedded option)."""

    id: Iri | None = None
    type: str


Reference: TypeAlias = Iri | Thing
References: TypeAlias = Iri | Thing | tuple[Iri | Thing, ...] | None


def id_of(reference: References) -> Iri | None:
    """The id of a thing that may be named or embedded; None where it has none, or where there are several."""
    if isinstance(reference, Thing):
        return reference.id
    if isinstance(reference, tuple):
        return id_of(reference[0]) if len(reference) == 1 else None
    return reference


def references(reference: References) -> tuple[Reference, ...]:
    """The same as a tuple."""
    if reference is None:
        return ()
    return reference if isinstance(reference, tuple) else (reference,)


Reader: TypeAlias = Callable[[Json, int], Any]
"""Reads a member's value at a depth of nesting; None drops it."""


def same(value: Any) -> Json:
    return value


class Field(NamedTuple):
    """One member: its key in JSON, the field's name, how it is read, how it is written."""

    key: str
    name: str
    read: Reader
    write: Callable[[Any], Json] = same


class Table:
    """The members of one kind of thing. aliases: further keys that are read (the first found wins), never written."""

    def __init__(
        self, kind: type[Thing], members: Iterable[Field], aliases: dict[str, str] | None = None
    ) -> None:
        self.kind = kind
        self._members = tuple(members)
        self._by_key = {member.key: member for member in self._members}
        self._aliases = {key: self._by_key[target] for key, target in (aliases or {}).items()}
        defaults = {field.name: field.default for field in fields(kind)}
        self._writes = tuple((member, defaults[member.name]) for member in self._members)

    def read(self, document: JsonObject, depth: int) -> dict[str, Any]:
        """The fields present in the document, by name."""
        found: dict[str, Any] = {}
        by_key = self._by_key
        late = False
        for key, value in document.items():
            if value is None:
                continue
            member = by_key.get(key)
            if member is None:
                late = late or key in self._aliases
                continue
            read = member.read(value, depth)
            if read is not None:
                found[member.name] = read
        if late:
            for key, member in self._aliases.items():
                value = document.get(key)
                if value is None or member.name in found:
                    continue
                read = member.read(value, depth)
                if read is not None:
                    found[member.name] = read
        return found

    def write(self, thing: Thing) -> JsonObject:
        """The members whose fields differ from their defaults."""
        document: JsonObject = {}
        if thing.id is not None:
            document["id"] = thing.id
        document["type"] = thing.type
        for member, default in self._writes:
            value = getattr(thing, member.name)
            if value is None or value is default:
                continue
            if default is MISSING:  # a mapping made by a factory
                if value:
                    document[member.key] = member.write(value)
            elif value != default:
                document[member.key] = member.write(value)
        return document
