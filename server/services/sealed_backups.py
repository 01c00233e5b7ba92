"""A backup encrypted to its recipients: each file for itself, under a name that tells nothing, and the manifest likewise.

What makes it needs no secret of theirs, and cannot open it again. Media that the backup before it holds for the same recipients are
linked. A list of the digests of what lies there proves that it is whole without opening it. It refuses another's identity, and
each file that was cut off, changed, left out or exchanged.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from server.core.envelopes import Identities, NotOpened, Recipients
from server.core.errors import Invalid
from server.core.files import digest_of
from server.domain.backups import Manifest

MANIFEST = "manifest.age"
SUMS = "SHA256SUMS"
FILES = "files"


def is_sealed(backup: Path) -> bool:
    return (backup / MANIFEST).exists()


# -- sealing ---------------------------------------------------------------------------------------------


def seal_files(
    recipients: Recipients, files: Mapping[str, Path], target: Path, earlier: Path | None, key: bytes
) -> tuple[dict[str, str], dict[str, str]]:
    """Answers the SHA-256 of each file, and the name that it has in the backup. key: hides what the names are made of.

    A file that is deleted meanwhile is left out.
    """
    (target / FILES).mkdir(mode=0o700)
    held = {} if earlier is None else _sums(earlier)
    digests: dict[str, str] = {}
    stored: dict[str, str] = {}
    for name, file in files.items():
        try:
            with file.open("rb") as content:
                digest = hashlib.file_digest(content, "sha256").hexdigest()
                content.seek(0)
                told = "\0".join((name, digest, *recipients.words)).encode()
                hidden = f"{FILES}/{hmac.digest(key, told, 'sha256').hex()}"
                before = None if earlier is None else earlier / hidden
                if before is not None and before.exists() and digest_of(before) == held.get(hidden):
                    os.link(before, target / hidden)
                else:
                    with (target / hidden).open("wb") as sealed:
                        recipients.encrypt(content, sealed)
        except FileNotFoundError:
            continue
        digests[name], stored[name] = digest, hidden
    return digests, stored


def seal_manifest(recipients: Recipients, manifest: Manifest, target: Path) -> None:
    with (target / MANIFEST).open("wb") as sealed:
        recipients.encrypt(io.BytesIO(msgspec.json.encode(manifest)), sealed)
    names = sorted({*manifest.stored.values(), MANIFEST})
    lines = [f"{digest_of(target / name)}  {name}\n" for name in names]
    (target / SUMS).write_text("".join(lines))


# -- opening ---------------------------------------------------------------------------------------------


def prove(backup: Path) -> int:
    """That what lies there is what was written, without opening it. Answers how many files. Raises Invalid."""
    sums = _sums(backup)
    if MANIFEST not in sums:
        raise Invalid("%(name)s holds no readable list of digests", name=str(backup))
    for name, digest in sums.items():
        if not (backup / name).exists():
            raise Invalid("The backup lacks %(count)s of its files, %(name)s among them", count=1, name=name)
        if digest_of(backup / name) != digest:
            raise Invalid("%(name)s is damaged: it is not what was backed up", name=name)
    return len(sums)


def manifest_of(backup: Path, identities: Identities | None) -> Manifest:
    """Raises Invalid."""
    if identities is None:
        raise Invalid("This backup is encrypted: give --identity-file")
    opened = io.BytesIO()
    _open(backup / MANIFEST, MANIFEST, identities, opened)
    try:
        return msgspec.json.decode(opened.getvalue(), type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise Invalid("%(name)s holds no readable manifest", name=str(backup)) from None


def check(backup: Path, manifest: Manifest, identities: Identities) -> None:
    """Opens every file, and keeps none. Raises Invalid."""
    for name, digest in manifest.files.items():
        sink = _Digest()
        _open(backup / manifest.stored.get(name, ""), name, identities, sink)
        _hold_against(name, digest, sink)


def unseal(backup: Path, manifest: Manifest, identities: Identities, target: Path) -> None:
    """Every file under its own name in an empty folder. Raises Invalid; then what is there is not to be used."""
    for name, digest in manifest.files.items():
        copy = target / name
        copy.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with copy.open("wb") as file:
            copy.chmod(0o600)
            sink = _Digest(file)
            _open(backup / manifest.stored.get(name, ""), name, identities, sink)
        _hold_against(name, digest, sink)


class _Digest:
    """Takes what is written, and passes it on."""

    def __init__(self, file: io.BufferedWriter | None = None) -> None:
        self.made = hashlib.sha256()
        self._file = file

    def write(self, data: bytes) -> int:
        self.made.update(data)
        return len(data) if self._file is None else self._file.write(data)

    def flush(self) -> None:
        if self._file is not None:
            self._file.flush()


def _hold_against(name: str, digest: str, sink: _Digest) -> None:
    if sink.made.hexdigest() != digest:
        raise Invalid("%(name)s is damaged: it is not what was backed up", name=name)


def _open(file: Path, name: str, identities: Identities, target: _Digest | io.BytesIO) -> None:
    try:
        with file.open("rb") as sealed:
            identities.decrypt(sealed, target)
    except (FileNotFoundError, IsADirectoryError):
        raise Invalid(
            "The backup lacks %(count)s of its files, %(name)s among them", count=1, name=name
        ) from None
    except NotOpened as error:
        if error.foreign:
            raise Invalid(
                "%(name)s does not open: the identity is not that of a recipient of this backup, or the file is damaged",
                name=name,
            ) from None
        raise Invalid("%(name)s is damaged: it is not what was backed up", name=name) from None


def _sums(backup: Path) -> dict[str, str]:
    try:
        lines = (backup / SUMS).read_text().splitlines()
    except (OSError, UnicodeDecodeError):
        return {}
    pairs = [line.split("  ", 1) for line in lines]
    return {pair[1]: pair[0] for pair in pairs if len(pair) > 1 and ".." not in pair[1]}
