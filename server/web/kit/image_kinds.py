"""What our own encoder made, by its first bytes. Nothing else is ever served."""

from __future__ import annotations

from server.core.errors import NotFound

STARTS = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF8", "image/gif"),
)


def kind_of(data: bytes) -> str:
    """Raises NotFound for bytes that are none of our images."""
    for start, mime in STARTS:
        if data.startswith(start):
            return mime
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    raise NotFound
