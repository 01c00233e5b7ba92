"""One canonical shape for a document, whatever contexts it cites. Nothing is fetched.

Most documents are read as they stand; prefixed and keyword spellings (`as:actor`, `@id`) become plain members. Where an
inline context gives a term another meaning, the document is compacted with PyLD on frozen contexts, so that a member is
read for what it means and never for what it is called.

Refused as Malformed: `@graph`, `@included`, `@reverse`, `@nest` at any level; a member spelled twice; nesting beyond the
limit; a redefinition inside an embedded thing; and, where compaction is needed, contexts that are not known and documents
that are large.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from pyld import FrozenDocumentLoader, jsonld

from federation.errors import Malformed
from federation.jsonld.documents import (
    ACTIVITYSTREAMS,
    FEDIVERSE,
    SECURITY,
    context_document,
    known_context,
)
from federation.jsonld.judge import Reading, judge
from federation.types import Json, JsonObject

MAX_DEPTH: Final = 64
MAX_COMPACTED: Final = 32 * 1024  # bytes; compaction costs a hundred times what reading does

_REFUSED: Final = {
    "@graph": "jsonld-graph",
    "@included": "jsonld-included",
    "@reverse": "jsonld-reverse",
    "@nest": "jsonld-nest",
}
_RENAMED: Final = {"@id": "id", "@type": "type", "@context": "@context"}
_NAMESPACE: Final = f"{ACTIVITYSTREAMS}#"
_CANONICAL: Final = [ACTIVITYSTREAMS, SECURITY, FEDIVERSE]


def normalise(document: JsonObject) -> JsonObject:
    """The document in the shape that the vocabulary reads. The one given is not changed."""
    if not isinstance(document, dict):
        raise Malformed("not-an-object")
    context = document.get("@context")
    if "@context" in document and judge(context) is Reading.COMPACT:
        document = _compact(document)
    if _is_plain(document, 0):
        return document
    made = _rewritten(document, top=True)
    if not isinstance(made, dict):
        raise Malformed("jsonld-value")
    return made


def _is_plain(value: JsonObject, depth: int) -> bool:
    """Whether nothing needs rewriting: a walk without copies, since nearly every document passes."""
    if depth > MAX_DEPTH:
        raise Malformed("too-deep")
    for key, item in value.items():
        if key[:1] == "@":
            if depth or key != "@context":
                return False
        elif ":" in key and (key.startswith(("as:", _NAMESPACE))):
            return False
        elif isinstance(item, dict):
            if not _is_plain(item, depth + 1):
                return False
        elif isinstance(item, list) and not _is_plain_list(item, depth + 1):
            return False
    return True


def _is_plain_list(value: list[Any], depth: int) -> bool:
    if depth > MAX_DEPTH:
        raise Malformed("too-deep")
    for item in value:
        if isinstance(item, dict):
            if not _is_plain(item, depth + 1):
                return False
        elif isinstance(item, list) and not _is_plain_list(item, depth + 1):
            return False
    return True


def _rewritten(value: JsonObject, *, top: bool = False, depth: int = 0) -> Json:
    if depth > MAX_DEPTH:
        raise Malformed("too-deep")
    for key, reason in _REFUSED.items():
        if key in value:
            raise Malformed(reason)
    if "@value" in value:
        return value["@value"]
    for key in ("@list", "@set"):
        if key in value:
            return _rewritten_item(value[key], depth + 1)
    made: JsonObject = {}
    for key, item in value.items():
        name = _plain_name(key)
        if name is None:
            continue
        if name == "@context":
            if not top and judge(item) is Reading.COMPACT:
                raise Malformed("context-redefined-inside")
            made[name] = item
            continue
        if name in made:
            raise Malformed("member-twice")
        made[name] = _rewritten_item(item, depth + 1)
    return made


def _plain_name(key: str) -> str | None:
    """The plain name of a member; None for keywords that say nothing to us."""
    if key.startswith("@"):
        return _RENAMED.get(key)
    if key.startswith("as:"):
        return key[3:]
    return key.removeprefix(_NAMESPACE)


def _rewritten_item(value: Json, depth: int) -> Json:
    if isinstance(value, dict):
        return _rewritten(value, depth=depth)
    if isinstance(value, list):
        if depth > MAX_DEPTH:
            raise Malformed("too-deep")
        return [_rewritten_item(item, depth + 1) for item in value]
    return value


def _compact(document: JsonObject) -> JsonObject:
    try:
        size = len(msgspec.json.encode(document))
    except (TypeError, ValueError, ArithmeticError, RecursionError):
        raise Malformed("json") from None
    if size > MAX_COMPACTED:
        raise Malformed("context-too-large")
    _refuse_reshaping(document, 0)  # before PyLD unwraps it
    context = document["@context"]
    parts = context if isinstance(context, list) else [context]
    frozen = []
    for part in parts:
        known = known_context(part) if isinstance(part, str) else part
        if known is None:
            raise Malformed("context-unknown")
        frozen.append(known)
    try:
        compacted = jsonld.compact(
            {**document, "@context": frozen}, {"@context": _CANONICAL}, {"documentLoader": load_frozen}
        )
    except (
        jsonld.JsonLdError,
        TypeError,
        ValueError,
        LookupError,
        AttributeError,
        ArithmeticError,
        RecursionError,
    ):
        # PyLD meets shapes here that it was not written for; whichever way it stumbles, the document is refused
        raise Malformed("jsonld") from None
    if not isinstance(compacted, dict):
        raise Malformed("jsonld")
    return compacted


def _refuse_reshaping(value: Json, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise Malformed("too-deep")
    if isinstance(value, dict):
        for key, reason in _REFUSED.items():
            if key in value:
                raise Malformed(reason)
        for key, item in value.items():
            if key != "@context":
                _refuse_reshaping(item, depth + 1)
            elif depth and judge(item) is Reading.COMPACT:
                raise Malformed("context-redefined-inside")
    elif isinstance(value, list):
        for item in value:
            _refuse_reshaping(item, depth + 1)


def load_frozen(url: str, options: Json) -> Json:
    """PyLD's loader for the contexts that are known; refuses every other address."""
    known = known_context(url)
    documents = {} if known is None else {url: context_document(known)}
    return FrozenDocumentLoader(documents)(url, options)
