"""Small pictures for tests that upload one."""

from __future__ import annotations

from io import BytesIO

from PIL import Image


def png(width: int = 32, height: int = 24, colour: tuple[int, int, int] = (200, 40, 40)) -> bytes:
    out = BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "PNG")
    return out.getvalue()
