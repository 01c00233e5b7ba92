"""Addresses of pictures for apps, which ask for them without a token.

A link to a picture of a post names the reader it was made for and ends within a day (an hour for cases); whoever
opens it is checked again with that reader's eyes, so a link outlives neither a block nor a membership. A link to
an avatar names the account and a keyed digest of what it shows. Neither can be guessed or altered.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum

from server.core.context import Context
from server.domain.boundary import ContentClass

PURPOSE = "media-links"
MAC_BYTES = 16
DAY, HOUR = 24 * 3600, 3600
_LAYOUT = struct.Struct(">QQIB")
_IN_OPENING = struct.Struct(">QQIBQ")
_PLACEHOLDERS = {"avatar": "/static/avatar.png", "header": "/static/header.png"}


class Variant(IntEnum):
    ORIGINAL = 0
    PREVIEW = 1


@dataclass(frozen=True, slots=True)
class MediaLink:
    """What a link's token says. viewer_id: 0 is a visitor without an account. opening_id: where it was made for a group opened in an emergency."""

    media_id: int
    viewer_id: int
    expires_at: datetime
    variant: Variant
    opening_id: int = 0


class MediaLinks:
    """Makes and reads links for one instance at one moment."""

    def __init__(self, context: Context) -> None:
        self._base = context.settings.base
        self._key = context.sealer.derive(PURPOSE)
        self._now = int(context.clock.now().timestamp())

    def media(self, media_id: int, viewer_id: int, variant: Variant, content_class: str) -> str:
        """A link that is the same for a while, so that apps need not load a picture twice."""
        lifetime = HOUR if ContentClass.from_word(content_class) >= ContentClass.CASE else DAY
        step = lifetime // 4
        expires = (self._now // step) * step + lifetime
        return self._address(_LAYOUT.pack(media_id, viewer_id, expires, variant))

    def in_opening(self, media_id: int, viewer_id: int, variant: Variant, opening_id: int) -> str:
        """For who has opened a group in an emergency; whether it is open still is asked, and each use recorded."""
        return self._address(_IN_OPENING.pack(media_id, viewer_id, self._now + HOUR, variant, opening_id))

    def _address(self, packed: bytes) -> str:
        token = base64.urlsafe_b64encode(packed + self._mac(packed)).rstrip(b"=").decode()
        return f"{self._base}/media/files/{token}"

    def read(self, token: str) -> MediaLink | None:
        """What a token says; None for anything that was not made here or has ended."""
        try:
            raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except (binascii.Error, ValueError):
            return None
        layout = _IN_OPENING if len(raw) == _IN_OPENING.size + MAC_BYTES else _LAYOUT
        if len(raw) != layout.size + MAC_BYTES:
            return None
        packed, mac = raw[: layout.size], raw[layout.size :]
        if not hmac.compare_digest(mac, self._mac(packed)):
            return None
        media_id, viewer_id, expires, variant, *opening = layout.unpack(packed)
        if expires <= self._now:
            return None
        ends = datetime.fromtimestamp(expires, UTC)
        return MediaLink(media_id, viewer_id, ends, Variant(variant), *opening)

    def face(self, kind: str, account_id: int, value: str) -> str:
        """The address of an avatar or a header. value: digest or remote URL; empty gives the house's own image."""
        if not value:
            return self._base + _PLACEHOLDERS[kind]
        return f"{self._base}/media/faces/{kind}/{account_id}/{self.face_key(kind, account_id, value)}"

    def face_key(self, kind: str, account_id: int, value: str) -> str:
        return self._mac(f"{kind}:{account_id}:{value}".encode()).hex()

    def _mac(self, packed: bytes) -> bytes:
        return hashlib.blake2b(packed, key=self._key, digest_size=MAC_BYTES).digest()
