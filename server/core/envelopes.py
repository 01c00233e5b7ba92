"""Files that only the holder of an identity opens again: age's format, so that its own tool opens them as well.

The one place that knows the library. It refuses words that are no recipient or identity, and whatever is not, to its last
byte, what was encrypted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import pyrage

from server.core.errors import Invalid

IDENTITY = "AGE-SECRET-KEY-"


class Readable(Protocol):
    def read(self, size: int = ..., /) -> bytes: ...


class Writable(Protocol):
    def write(self, data: bytes, /) -> int: ...

    def flush(self) -> None: ...


class NotOpened(Exception):
    """foreign: none of the identities is a recipient's, or the head was changed. Otherwise it was cut off or changed further on."""

    def __init__(self, *, foreign: bool) -> None:
        super().__init__()
        self.foreign = foreign


class Recipients:
    """words: `age1…`, each. Raises Invalid."""

    def __init__(self, words: Iterable[str]) -> None:
        self.words = tuple(sorted(set(words)))
        try:
            self._recipients = [pyrage.x25519.Recipient.from_str(word) for word in self.words]
        except pyrage.RecipientError:
            raise Invalid(
                "CONSILIUM_BACKUP_RECIPIENTS holds something that is no recipient of age (age1…)"
            ) from None

    def encrypt(self, source: Readable, target: Writable) -> None:
        pyrage.encrypt_io(source, target, self._recipients)


class Identities:
    """text: as `age-keygen` writes it, an identity a line. Raises Invalid."""

    def __init__(self, text: str) -> None:
        words = [line.strip() for line in text.splitlines() if line.strip().startswith(IDENTITY)]
        try:
            self._identities: Sequence[object] = [pyrage.x25519.Identity.from_str(word) for word in words]
        except pyrage.IdentityError:
            self._identities = []
        if not self._identities:
            raise Invalid("There is no identity of age (AGE-SECRET-KEY-…) in the identity file")

    def decrypt(self, source: Readable, target: Writable) -> None:
        """What was written before it raises NotOpened is not to be used."""
        try:
            pyrage.decrypt_io(source, target, self._identities)
        except pyrage.DecryptError:
            raise NotOpened(foreign=True) from None
        except OSError as error:
            if error.errno is not None:
                raise  # of the disk, not of the library
            raise NotOpened(foreign=False) from None
