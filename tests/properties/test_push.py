"""Push messages: whatever is said comes out at the device, and nothing of its length is told."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from server.core.errors import Invalid
from server.domain.push import QuietHours
from server.push.encryption import PADDED_TO, DeviceKeys, check, encrypt, encrypt_as_draft
from tests.support.push import Device

TEXTS = st.binary(max_size=PADDED_TO - 2)
SALTS = st.binary(min_size=16, max_size=16)
TIMES = st.times().map(lambda at: at.replace(second=0, microsecond=0))
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))


@given(TEXTS, SALTS)
def test_both_ways_come_out_and_have_one_length(text: bytes, salt: bytes) -> None:
    device, sender = Device(), ec.generate_private_key(ec.SECP256R1())
    keys = DeviceKeys(device.public, device.auth)
    standard, draft = encrypt(text, keys, sender, salt), encrypt_as_draft(text, keys, sender, salt)
    assert device.open_standard(standard.body) == text
    assert device.open_draft(draft.body, draft.salt, draft.sender) == text
    assert (len(standard.body), len(draft.body)) == (86 + PADDED_TO + 16, PADDED_TO + 16)


@given(TEXTS, SALTS)
def test_no_other_device_reads_it(text: bytes, salt: bytes) -> None:
    device, other = Device(), Device()
    made = encrypt(
        text, DeviceKeys(device.public, device.auth), ec.generate_private_key(ec.SECP256R1()), salt
    )
    with pytest.raises(InvalidTag):
        other.open_standard(made.body)
    with pytest.raises(InvalidTag):
        Device(device.private, other.auth).open_standard(made.body)


@given(st.binary(max_size=70), st.binary(max_size=20))
def test_keys_that_are_none_are_refused(public: bytes, auth: bytes) -> None:
    with pytest.raises(Invalid):
        check(DeviceKeys(public, auth))


@given(
    TIMES, TIMES, MOMENTS, st.sampled_from(["UTC", "Europe/Paris", "Pacific/Auckland", "America/St_Johns"])
)
def test_quiet_hours_end_in_the_future_at_their_end(start: time, end: time, now: datetime, zone: str) -> None:
    hours = QuietHours(start, end, ZoneInfo(zone))
    over = hours.over_at(now)
    if over is not None:
        assert now < over <= now + timedelta(hours=26)
        assert over.astimezone(ZoneInfo(zone)).time() == end or over.fold == 0
        assert start != end
