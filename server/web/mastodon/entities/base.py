"""What all entities share."""

from __future__ import annotations

import msgspec


class Entity(msgspec.Struct, forbid_unknown_fields=True):
    """Base of all entities."""


class Emoji(Entity):
    shortcode: str
    url: str
    static_url: str
    visible_in_picker: bool
    category: str | None = None


class Failure(Entity):
    """What an error answers."""

    error: str
    error_description: str | None = None


class Empty(Entity):
    """`{}`."""
