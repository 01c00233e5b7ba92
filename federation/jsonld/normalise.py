"""One canonical shape for a document, whatever contexts it cites. Nothing is fetched."""

from __future__ import annotations

from federation.types import JsonObject


def normalise(document: JsonObject) -> JsonObject:
    """The document in the shape that the vocabulary reads."""
    return document
