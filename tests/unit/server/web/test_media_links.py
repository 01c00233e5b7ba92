"""Links to pictures: what they say comes back, and one changed byte or one hour too many opens nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.clock import FixedClock
from server.core.context import Context
from server.core.ids import Ids
from server.core.secrets import Sealer
from server.core.settings import load_settings
from server.web.kit.media_links import MediaLinks, Variant
from server.web.kit.prepared import Prepared

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
IDS = st.integers(0, (1 << 63) - 1)


def context(clock: FixedClock, secret: bytes = b"s" * 32) -> Context:
    settings = load_settings(domain="med.test", data_dir=Path("/nonexistent"))
    return Context(settings, clock, Ids(clock), Sealer(secret))


def token_of(url: str) -> str:
    assert url.startswith("https://med.test/media/files/")
    return url.rpartition("/")[2]


@given(IDS, IDS, st.sampled_from(Variant))
def test_a_link_says_what_it_was_made_for(media_id: int, viewer_id: int, variant: Variant) -> None:
    links = MediaLinks(context(FixedClock(NOW)))
    read = links.read(token_of(links.media(media_id, viewer_id, variant, "discussion")))
    assert read is not None
    assert (read.media_id, read.viewer_id, read.variant) == (media_id, viewer_id, variant)


@given(st.integers(0, 49), st.characters(codec="ascii"))
def test_a_changed_link_opens_nothing(at: int, letter: str) -> None:
    links = MediaLinks(context(FixedClock(NOW)))
    token = token_of(links.media(7, 8, Variant.ORIGINAL, "discussion"))
    changed = token[:at] + letter + token[at + 1 :]
    if changed != token:
        found = links.read(changed)
        # base64 has spare bits at its end: another spelling of the same bytes is the same link
        assert found is None or (at == len(token) - 1 and found.media_id == 7)


def test_another_house_and_another_time_open_nothing() -> None:
    clock = FixedClock(NOW)
    links = MediaLinks(context(clock))
    long, short = (token_of(links.media(7, 8, Variant.ORIGINAL, word)) for word in ("discussion", "case"))
    assert MediaLinks(context(clock, b"t" * 32)).read(long) is None
    clock.advance(timedelta(hours=1))
    assert MediaLinks(context(clock)).read(short) is None
    assert MediaLinks(context(clock)).read(long) is not None
    clock.advance(timedelta(hours=23))
    assert MediaLinks(context(clock)).read(long) is None


@pytest.mark.parametrize("token", ["", "a", "A" * 50, "ä" * 50, "%%%", "A" * 10_000])
def test_rubbish_opens_nothing(token: str) -> None:
    assert MediaLinks(context(FixedClock(NOW))).read(token) is None


def test_a_link_stays_the_same_for_a_while() -> None:
    clock = FixedClock(NOW)
    first = MediaLinks(context(clock)).media(7, 8, Variant.PREVIEW, "discussion")
    clock.advance(timedelta(minutes=5))
    assert MediaLinks(context(clock)).media(7, 8, Variant.PREVIEW, "discussion") == first


def test_what_is_prepared_is_bounded_and_the_oldest_unused_goes() -> None:
    kept = Prepared(2)
    kept.put("a", 1)
    kept.put("b", 2)
    assert kept.get("a") == 1
    kept.put("c", 3)
    assert (kept.get("a"), kept.get("b"), kept.get("c"), len(kept)) == (1, None, 3, 2)
