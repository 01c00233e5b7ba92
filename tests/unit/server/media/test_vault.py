"""The vault: blobs by digest, whole or not at all."""

from __future__ import annotations

import os
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from server.core.clock import SystemClock
from server.core.errors import StorageFull
from server.media.vault import Vault


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    made = Vault(tmp_path / "media", reserve_bytes=0)
    made.prepare()
    return made


def test_store_read_delete(vault: Vault) -> None:
    digest = vault.store(b"pixels")
    assert digest == sha256(b"pixels").hexdigest() == vault.store(b"pixels")
    assert vault.read(digest) == b"pixels"
    assert vault.path(digest).stat().st_mode & 0o077 == 0
    assert list(vault.digests()) == [digest]
    assert vault.delete(digest)
    assert not vault.delete(digest)
    assert vault.read(digest) is None


@pytest.mark.parametrize(
    "name", ["", "..", "../../etc/passwd", "a" * 63, "A" * 64, "a" * 64 + "\n", "a" * 32 + "/" + "a" * 31]
)
def test_no_path_can_be_told_to_it(vault: Vault, name: str) -> None:
    with pytest.raises(ValueError, match="digest"):
        vault.path(name)


def test_a_changed_blob_is_noticed(vault: Vault) -> None:
    digest = vault.store(b"pixels")
    assert vault.intact(digest)
    vault.path(digest).write_bytes(b"others")
    assert not vault.intact(digest)


def test_the_reserve_is_kept_free(tmp_path: Path) -> None:
    vault = Vault(tmp_path, reserve_bytes=2**62)
    vault.prepare()
    with pytest.raises(StorageFull):
        vault.store(b"pixels")
    assert list(vault.digests()) == []


def test_a_write_that_fails_leaves_nothing(vault: Vault, tmp_path: Path) -> None:
    digest = sha256(b"pixels").hexdigest()
    (tmp_path / "media" / digest[:2]).write_bytes(b"a file where a folder should be")
    with pytest.raises(OSError, match=r"exists|directory"):
        vault.store(b"pixels")
    assert list((tmp_path / "media" / "unfinished").iterdir()) == []


def test_what_a_crash_left_is_cleared(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    vault.prepare()
    left, young = tmp_path / "unfinished" / "half", tmp_path / "unfinished" / "anothers"
    left.write_bytes(b"pix")
    young.write_bytes(b"pix")
    os.utime(left, (1, 1))
    vault.prepare()
    assert list((tmp_path / "unfinished").iterdir()) == [young]


def test_a_sweep_leaves_what_is_stored_meanwhile(vault: Vault) -> None:
    old, wanted = vault.store(b"old"), vault.store(b"wanted again")
    for digest in (old, wanted):
        os.utime(vault.path(digest), (0, 0))
    before = SystemClock().now() - timedelta(minutes=1)
    assert set(vault.settled(before)) == {old, wanted}
    vault.store(b"wanted again")
    assert vault.sweep(old, before)
    assert not vault.sweep(wanted, before)
    assert not vault.sweep(old, before)
    assert list(vault.digests()) == [wanted]
    assert vault.intact(wanted)
