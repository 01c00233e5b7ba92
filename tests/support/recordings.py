"""A second of video or sound, of 64 by 48, made by ffmpeg; what needs it is skipped, saying so, where there is none."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import pytest

THERE = shutil.which("ffmpeg") is not None and shutil.which("ffprobe") is not None
needs_ffmpeg = pytest.mark.skipif(not THERE, reason="no ffmpeg on this machine")
SECRET = "MUSTERMANN-1961"
PICTURES = ("-f", "lavfi", "-i", "testsrc=size=64x48:rate=10:duration=1")
SOUND = ("-f", "lavfi", "-i", "sine=duration=1")
TAGS = (
    *("-metadata", f"title={SECRET}", "-metadata", f"comment={SECRET}", "-metadata", f"artist={SECRET}"),
    *("-metadata:s:v", f"handler_name={SECRET}", "-metadata:s:a", f"handler_name={SECRET}"),
)


@cache
def recording(ending: str, *options: str, pictures: bool = True, sound: bool = True) -> bytes:
    """The bytes of a file that ends so, with tags that name a person. options: of its encoding."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / f"made.{ending}"
        inputs = (*(PICTURES if pictures else ()), *(SOUND if sound else ()))
        command = ("ffmpeg", "-nostdin", "-v", "error", *inputs, *options, *TAGS, str(target))
        subprocess.run(command, check=True)
        return target.read_bytes()
