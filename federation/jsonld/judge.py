"""Judges a context: whether the document may be read as plain JSON, or its terms mean something else.

A document is read directly where no inline definition gives a term that we read another meaning. Context addresses that
are not known change nothing: terms are read as ActivityStreams and its extensions define them, since no signature over an
RDF graph is ever believed. Refused as Malformed: what reshapes a document (`@reverse`, `@nest`, graph and id containers,
scoped contexts, imports, aliases of such keywords), a context reset by null, and contexts that are neither addresses nor
objects.
"""

from __future__ import annotations

import json
from enum import Enum
from functools import cache, lru_cache
from typing import Any, Final

import msgspec

from federation.errors import Malformed
from federation.jsonld.documents import ACTIVITYSTREAMS, context_document
from federation.types import Json, JsonObject

MAX_CONTEXTS: Final = 32
MAX_CONTEXT: Final = 16 * 1024  # bytes; verdicts are kept by the whole text
_NAMESPACE: Final = f"{ACTIVITYSTREAMS}#"
_SECURITY: Final = "https://w3id.org/security#"
_HARMLESS_ALIASES: Final = {"id": "@id", "type": "@type"}
_RESHAPING: Final = frozenset({"@graph", "@included", "@reverse", "@nest"})
_RESHAPING_CONTAINERS: Final = frozenset({"@graph", "@id", "@type", "@index"})
# Mobilizon's places are schema.org's; nothing is decided by that type
_OWN_MEANING: Final = frozenset({"Place"})


class Reading(Enum):
    """How a document is brought to the canonical shape."""

    DIRECT = "direct"
    COMPACT = "compact"


def judge(context: Json) -> Reading:
    """How a document with this context is read."""
    try:
        key = msgspec.json.encode(context)
    except (TypeError, ValueError, ArithmeticError, RecursionError):
        raise Malformed("context-shape") from None
    if len(key) > MAX_CONTEXT:
        raise Malformed("context-too-large")
    return _judge(key)


@lru_cache(maxsize=1024)
def _judge(key: bytes) -> Reading:
    context = json.loads(key)
    parts = context if isinstance(context, list) else [context]
    if len(parts) > MAX_CONTEXTS:
        raise Malformed("context-too-large")
    reading = Reading.DIRECT
    for part in parts:
        if isinstance(part, dict):
            if _judge_inline(part) is Reading.COMPACT:
                reading = Reading.COMPACT
        elif not isinstance(part, str):
            raise Malformed("context-shape")
        elif not part.startswith(("https://", "http://")):
            raise Malformed("context-not-iri")
    return reading


def _judge_inline(terms: JsonObject) -> Reading:
    core = _core_terms()
    reading = Reading.DIRECT
    if "@import" in terms:
        raise Malformed("context-import")
    for term, definition in terms.items():
        if term.startswith("@"):
            continue
        meaning = _meaning(term, definition)
        if meaning in _RESHAPING:
            raise Malformed("context-reshapes")
        if meaning is not None and meaning.startswith("@"):
            if _HARMLESS_ALIASES.get(term) != meaning:
                reading = Reading.COMPACT
        elif term in core and term not in _OWN_MEANING and _expand(meaning, terms) != core[term]:
            reading = Reading.COMPACT
    return reading


def _meaning(term: str, definition: Json) -> str | None:
    """What a term is defined as; None where it is undefined on purpose."""
    if definition is None or isinstance(definition, str):
        return definition
    if not isinstance(definition, dict):
        raise Malformed("context-shape")
    if "@reverse" in definition or "@nest" in definition:
        raise Malformed("context-reshapes")
    if "@context" in definition:
        raise Malformed("context-scoped")
    container = definition.get("@container")
    for item in container if isinstance(container, list) else [container]:
        if item is not None and (not isinstance(item, str) or item in _RESHAPING_CONTAINERS):
            raise Malformed("context-reshapes")
    meaning = definition.get("@id", f"as:{term}" if term in _core_terms() else "")
    if meaning is not None and not isinstance(meaning, str):
        raise Malformed("context-shape")
    return meaning


def _expand(meaning: str | None, terms: JsonObject) -> str | None:
    if meaning is None:
        return None
    prefix, colon, local = meaning.partition(":")
    if not colon or local.startswith("//"):
        return meaning
    base: Any = terms.get(prefix, _PREFIXES.get(prefix))
    if isinstance(base, dict):
        base = base.get("@id")
    return f"{base}{local}" if isinstance(base, str) else meaning


_PREFIXES: Final = {"as": _NAMESPACE, "sec": _SECURITY}


@cache
def _core_terms() -> dict[str, str]:
    """The terms by which trust, reach and effect are decided, with their meanings."""
    core = {
        "as": _NAMESPACE,
        "id": "@id",
        "type": "@type",
        "inbox": "http://www.w3.org/ns/ldp#inbox",
        "publicKey": f"{_SECURITY}publicKey",
        "publicKeyPem": f"{_SECURITY}publicKeyPem",
        "publicKeyMultibase": f"{_SECURITY}publicKeyMultibase",
        "owner": f"{_SECURITY}owner",
        "controller": f"{_SECURITY}controller",
        "assertionMethod": f"{_SECURITY}assertionMethod",
        "movedTo": f"{_NAMESPACE}movedTo",
        "alsoKnownAs": f"{_NAMESPACE}alsoKnownAs",
    }
    for term, definition in context_document(ACTIVITYSTREAMS)["@context"].items():
        meaning = definition.get("@id", "") if isinstance(definition, dict) else definition
        if not term.startswith("@") and isinstance(meaning, str) and meaning.startswith("as:"):
            core.setdefault(term, _NAMESPACE + meaning.removeprefix("as:"))
    return core
