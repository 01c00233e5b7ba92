"""What our own encoders made, by its first bytes. Nothing else is ever served."""

from __future__ import annotations

from server.core.errors import NotFound

STARTS = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF8", "image/gif"),
)


def kind_of(data: bytes) -> str:
    """Raises NotFound for bytes that are none of our files."""
    for start, mime in STARTS:
        if data.startswith(start):
            return mime
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data[4:8] == b"ftyp":
        return "audio/mp4" if data[8:12] == b"M4A " else "video/mp4"
    raise NotFound
