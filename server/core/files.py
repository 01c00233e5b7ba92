"""Files of a folder: their names, their digests, and that they are on disk."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path


def names_in(folder: Path) -> list[str]:
    """Of every file below it, in order."""
    return sorted(one.relative_to(folder).as_posix() for one in folder.rglob("*") if one.is_file())


def digest_of(file: Path) -> str:
    """Its SHA-256, in hexadecimal."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def sync(folder: Path) -> None:
    """Returns when all that is in it is on disk."""
    for name in names_in(folder):
        descriptor = os.open(folder / name, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
    for each in (folder, *(one for one in folder.rglob("*") if one.is_dir())):
        sync_folder(each)


def sync_folder(folder: Path) -> None:
    """Returns when the names in it are on disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(descriptor)
    os.close(descriptor)
