"""Blobs on disk, named by their SHA-256. A name that is not a digest is refused, so no path can be told to it.

`store` returns after the bytes and their name are on disk; a crash leaves a whole blob or none. It refuses while the
disk has less room than the reserve. Who may have a blob is decided elsewhere.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from errno import EDQUOT, ENOSPC
from hashlib import sha256
from pathlib import Path
from tempfile import mkstemp

from server.core.clock import SystemClock
from server.core.errors import StorageFull
from server.core.i18n import N_

LEFT_BEHIND_SECONDS = 3600
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_FULL = N_("The disk of this instance is nearly full, so nothing was stored. Please tell an administrator.")


class Vault:
    """The blobs under one folder. All methods block; call them off the event loop."""

    def __init__(self, folder: Path, reserve_bytes: int = 256 * 1024 * 1024) -> None:
        self._folder = folder
        self._unfinished = folder / "unfinished"
        self._reserve = reserve_bytes

    def prepare(self) -> None:
        """Makes the folders and clears what a crash left half written. Before the first `store`.

        What is younger than an hour may be another process's work.
        """
        self._unfinished.mkdir(mode=0o700, parents=True, exist_ok=True)
        now = SystemClock().now().timestamp()
        for left in self._unfinished.iterdir():
            with suppress(FileNotFoundError):
                if now - left.stat().st_mtime > LEFT_BEHIND_SECONDS:
                    left.unlink()

    def store(self, data: bytes) -> str:
        """The digest under which the bytes are now kept. StorageFull where there is no room."""
        digest = sha256(data).hexdigest()
        path = self.path(digest)
        with suppress(FileNotFoundError):
            os.utime(path)  # it is wanted again: a sweep that has just found it unnamed leaves it
            return digest
        if not self.has_room(len(data)):
            raise StorageFull(_FULL)
        try:
            self._write(path, data)
        except OSError as error:
            if error.errno in {ENOSPC, EDQUOT}:
                raise StorageFull(_FULL) from error
            raise
        return digest

    def read(self, digest: str) -> bytes | None:
        """The bytes, or None where there are none."""
        try:
            return self.path(digest).read_bytes()
        except FileNotFoundError:
            return None

    def head(self, digest: str, size: int = 64) -> bytes | None:
        """The first bytes, or None where there are none."""
        try:
            with self.path(digest).open("rb") as file:
                return file.read(size)
        except FileNotFoundError:
            return None

    def delete(self, digest: str) -> bool:
        """True where there was something to delete. Durable on return."""
        path = self.path(digest)
        try:
            path.unlink()
        except FileNotFoundError:
            return False
        _sync_folder(path.parent)
        return True

    def touch(self, digest: str) -> None:
        """It is in use, though no row names it."""
        with suppress(FileNotFoundError):
            os.utime(self.path(digest))

    def settled(self, before: datetime) -> Iterator[str]:
        """All blobs that nobody has stored or touched since."""
        for digest in self.digests():
            with suppress(FileNotFoundError):
                if self.path(digest).stat().st_mtime < before.timestamp():
                    yield digest

    def sweep(self, digest: str, before: datetime) -> bool:
        """Deletes a blob, unless somebody stores the same bytes at this moment. True where it is gone."""
        path, aside = self.path(digest), self._unfinished / digest
        try:
            path.replace(aside)
        except FileNotFoundError:
            return False
        if aside.stat().st_mtime >= before.timestamp():
            aside.replace(path)
            return False
        aside.unlink()
        _sync_folder(path.parent)
        return True

    def path(self, digest: str) -> Path:
        """Where a blob is or would be; ValueError for what is not a digest."""
        if not _DIGEST.match(digest):
            raise ValueError("not a SHA-256 digest in lower-case hexadecimal")
        return self._folder / digest[:2] / digest[2:4] / digest

    def has_room(self, size: int = 0) -> bool:
        return shutil.disk_usage(self._folder).free - size >= self._reserve

    def intact(self, digest: str) -> bool:
        """Whether the blob is there and still hashes to its name."""
        data = self.read(digest)
        return data is not None and sha256(data).hexdigest() == digest

    def digests(self) -> Iterator[str]:
        """All blobs, for sweeps and backups."""
        for path in self._folder.glob("??/??/*"):
            if _DIGEST.match(path.name):
                yield path.name

    def _write(self, path: Path, data: bytes) -> None:
        handle, name = mkstemp(dir=self._unfinished)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            made = [folder for folder in (path.parent.parent, path.parent) if not folder.exists()]
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)
        for folder in made:
            _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
