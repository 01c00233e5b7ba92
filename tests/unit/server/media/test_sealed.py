"""Pictures of groups in the vault open with their own key and with no other."""

from __future__ import annotations

from server.media.sealed import decrypt, encrypt, new_key


def test_only_its_own_key_opens_it() -> None:
    key, other = new_key(), new_key()
    sealed = encrypt(key, b"an ECG")
    assert b"an ECG" not in sealed
    assert decrypt(key, sealed) == b"an ECG"
    assert decrypt(other, sealed) is None
    assert decrypt(key, sealed[:-1]) is None
    assert decrypt(key, b"") is None
    assert encrypt(key, b"an ECG") != sealed
