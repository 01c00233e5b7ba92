"""Sealing of what must not be readable in the database or a backup of it: private keys, second factors.

AES-256-GCM under a 32-byte secret that lives in a file outside the database. It refuses to open what was
sealed for another purpose: the purpose is authenticated with the ciphertext.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from server.core.errors import SettingsError

SECRET_BYTES = 32
NONCE_BYTES = 12


class Sealer:
    """Seals and opens small values. secret: 32 bytes."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) != SECRET_BYTES:
            raise SettingsError("The secret file must hold exactly 32 bytes in hexadecimal.")
        self._cipher = AESGCM(secret)
        self._secret = secret

    def seal(self, purpose: str, value: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, value, purpose.encode())

    def open(self, purpose: str, sealed: bytes) -> bytes:
        """Raises SettingsError when the secret file is not the one that sealed it."""
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], purpose.encode())
        except InvalidTag:
            raise SettingsError(
                "A sealed value does not open: the secret file is not the right one."
            ) from None

    def derive(self, purpose: str) -> bytes:
        """A 32-byte key of its own for one purpose (signing of media addresses, CSRF)."""
        return hashlib.blake2b(purpose.encode(), key=self._secret, digest_size=32).digest()


def seal_with_passphrase(passphrase: str, value: bytes) -> bytes:
    """For what must be opened where this instance's secret is not. Slow on purpose."""
    salt = os.urandom(SECRET_BYTES)
    nonce = os.urandom(NONCE_BYTES)
    return salt + nonce + AESGCM(_stretched(passphrase, salt)).encrypt(nonce, value, None)


def open_with_passphrase(passphrase: str, sealed: bytes) -> bytes | None:
    """None where the passphrase is another one, or the bytes were changed."""
    salt, nonce, rest = (
        sealed[:SECRET_BYTES],
        sealed[SECRET_BYTES : SECRET_BYTES + NONCE_BYTES],
        sealed[SECRET_BYTES + NONCE_BYTES :],
    )
    try:
        return AESGCM(_stretched(passphrase, salt)).decrypt(nonce, rest, None)
    except (InvalidTag, ValueError):
        return None


def _stretched(passphrase: str, salt: bytes) -> bytes:
    return hashlib.scrypt(passphrase.encode(), salt=salt, n=2**16, r=8, p=1, maxmem=2**27, dklen=SECRET_BYTES)


def hash_token(token: str) -> str:
    """How bearer tokens and one-time links are stored: SHA-256 in hex. They have 256 random bits, so no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


def load_or_create_secret(path: Path) -> bytes:
    """The secret of this instance; made on first use, readable by its owner only."""
    if path.exists():
        try:
            return bytes.fromhex(path.read_text().strip())
        except ValueError:
            raise SettingsError(f"{path} is not a secret of 64 hexadecimal digits.") from None
    secret = os.urandom(SECRET_BYTES)
    store_secret(path, secret)
    return secret


def store_secret(path: Path, secret: bytes) -> None:
    """A new file, readable by its owner only. Raises FileExistsError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secret.hex() + "\n")
        file.flush()
        os.fsync(file.fileno())
