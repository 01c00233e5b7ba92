"""Which inboxes, which outcome, when again."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.delivery import (
    GIVE_UP_AFTER,
    RETRY_AFTER_CAP,
    Attempt,
    Breaker,
    Outcome,
    Recipient,
    backoff,
    collapse,
    deliver,
    is_spent,
    judge,
    parse_retry_after,
)
from federation.net.dial import Dialler, tls_context
from federation.net.guard import DangerousPrivate, Guard
from federation.net.lane import Lanes
from federation.signatures import schemes
from federation.signatures.schemes import Scheme
from federation.signatures.window import format_http_date
from federation.testing import loopback
from federation.testing.actors import NOON, FakeActor, FixedClock, ListGate
from federation.testing.loopback import LoopbackPeer
from federation.types import HttpAnswer, Iri

ANNA = FakeActor.create("https://hospital.example", "anna")


def recipient(host: str, name: str, shared: str | None = None) -> Recipient:
    actor = Iri(f"https://{host}/actors/{name}")
    return Recipient(actor, Iri(f"{actor}/inbox"), Iri(shared) if shared else None)


def test_collapse() -> None:
    inboxes = collapse(
        [
            recipient("a.example", "1", "https://a.example/inbox"),
            recipient("a.example", "2", "https://a.example/inbox"),
            recipient("a.example", "2", "https://a.example/inbox"),
            recipient("b.example", "1"),
            recipient("c.example", "1", "https://victim.example/inbox"),
            recipient("d.example", "1", "http://d.example/inbox"),
        ]
    )
    assert inboxes == {
        "https://a.example/inbox": ("https://a.example/actors/1", "https://a.example/actors/2"),
        "https://b.example/actors/1/inbox": ("https://b.example/actors/1",),
        "https://c.example/actors/1/inbox": ("https://c.example/actors/1",),
        "https://d.example/actors/1/inbox": ("https://d.example/actors/1",),
    }


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.DELIVERED),
        (202, Outcome.DELIVERED),
        (299, Outcome.DELIVERED),
        (301, Outcome.REFUSED),
        (308, Outcome.REFUSED),
        (400, Outcome.REFUSED),
        (401, Outcome.PARKED),
        (403, Outcome.PARKED),
        (404, Outcome.GONE),
        (408, Outcome.RETRY),
        (409, Outcome.REFUSED),
        (410, Outcome.GONE),
        (413, Outcome.REFUSED),
        (422, Outcome.REFUSED),
        (429, Outcome.RETRY),
        (500, Outcome.RETRY),
        (503, Outcome.RETRY),
        (599, Outcome.RETRY),
    ],
)
def test_statuses(status: int, outcome: Outcome) -> None:
    attempt = judge(HttpAnswer(status, "https://a.example/inbox"), NOON)
    assert (attempt.outcome, attempt.status) == (outcome, status)


@given(st.integers(200, 999))
def test_every_status_has_an_outcome(status: int) -> None:
    assert isinstance(judge(HttpAnswer(status, "https://a.example/"), NOON).outcome, Outcome)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120),
        (" 7 ", 7),
        ("999999999999", 21_600),
        (format_http_date(NOON + timedelta(minutes=5)), 300),
        (format_http_date(NOON - timedelta(minutes=5)), 0),
        (format_http_date(NOON + timedelta(days=5)), 21_600),
        ("soon", None),
        ("-5", None),
        ("", None),
        ("١٢", None),
        (None, None),
    ],
)
def test_retry_after(text: str | None, seconds: int | None) -> None:
    expected = None if seconds is None else timedelta(seconds=seconds)
    assert parse_retry_after(text, NOON) == expected
    headers = {} if text is None else {"retry-after": text}
    assert judge(HttpAnswer(503, "https://a.example/", headers), NOON).retry_after == expected


def test_the_schedule() -> None:
    steps = [30, 120, 600, 1800, 3600, 10_800, 21_600, 21_600, 21_600]
    random = Random(1)
    for attempt, seconds in enumerate(steps, start=1):
        waits = [backoff(attempt, random).total_seconds() for _ in range(300)]
        assert seconds * 0.8 <= min(waits) < seconds * 0.9
        assert seconds * 1.1 < max(waits) <= seconds * 1.2
    assert backoff(1, random, timedelta(hours=2)) == timedelta(hours=2)
    assert backoff(9, random, timedelta(seconds=1)) > timedelta(hours=4)
    assert backoff(10**9, random) <= timedelta(hours=7.2)
    assert not is_spent(NOON, NOON + GIVE_UP_AFTER - timedelta(seconds=1))
    assert is_spent(NOON, NOON + GIVE_UP_AFTER)
    assert timedelta(hours=6) == RETRY_AFTER_CAP


def test_the_breaker() -> None:
    random = Random(2)
    healthy = Breaker()
    assert healthy.is_closed
    assert healthy.allows(NOON)
    failed = healthy.after(Attempt(Outcome.RETRY, "x"), NOON, random)
    assert not failed.is_closed
    assert not failed.allows(NOON + timedelta(seconds=20))
    assert failed.allows(NOON + timedelta(seconds=40))
    again = failed.after(Attempt(Outcome.RETRY, "x"), NOON + timedelta(seconds=40), random)
    assert (again.failures, again.failure_since) == (2, NOON)
    assert not again.allows(NOON + timedelta(seconds=100))
    asked = healthy.after(Attempt(Outcome.RETRY, "x", 503, timedelta(hours=1)), NOON, random)
    assert asked.next_probe_at == NOON + timedelta(hours=1)
    for outcome in (Outcome.DELIVERED, Outcome.PARKED, Outcome.GONE, Outcome.REFUSED):
        assert again.after(Attempt(outcome, "x"), NOON, random) == healthy
    assert again.heard_from() == healthy


@pytest.mark.anyio
@pytest.mark.parametrize("scheme", list(Scheme))
async def test_over_the_wire(scheme: Scheme) -> None:
    clock = FixedClock()
    async with LoopbackPeer("peer") as peer:
        lanes = Lanes(
            Dialler(Guard(ListGate(), DangerousPrivate.parse([peer.origin])), tls_context()), total_seconds=1
        )
        for path, behaviour in (
            ("/inbox", loopback.answer(202)),
            ("/busy", loopback.answer(429, retry_after="60")),
            ("/shut", loopback.hang_up),
            ("/slow", loopback.hang),
            ("/gone", loopback.answer(410)),
        ):
            peer.behaviours[path] = behaviour

        async def send(url: str) -> Attempt:
            headers = (("consilium-stream", "g, 1, 7"),)
            return await deliver(
                lanes, Iri(url), b"{}", ANNA.rsa_signer, scheme=scheme, clock=clock, headers=headers
            )

        assert await send(f"{peer.base}/inbox") == Attempt(Outcome.DELIVERED, "delivered", 202)
        assert await send(f"{peer.base}/busy") == Attempt(
            Outcome.RETRY, "peer-busy", 429, timedelta(minutes=1)
        )
        assert await send(f"{peer.base}/shut") == Attempt(Outcome.RETRY, "connection-closed")
        assert await send(f"{peer.base}/slow") == Attempt(Outcome.RETRY, "no-answer-in-time")
        assert (await send(f"{peer.base}/gone")).outcome is Outcome.GONE
        assert await send("http://127.0.0.1:1/inbox") == Attempt(Outcome.REFUSED, "plain-http")
        assert await send("https://127.0.0.1/inbox") == Attempt(Outcome.RETRY, "address-not-public")
        assert (await send("ftp://x/inbox")).outcome is Outcome.REFUSED
        frame = peer.seen[0]
        assert frame.header("content-type") == "application/activity+json"
        presented = schemes.present(frame)
        schemes.check_claims(frame, presented, NOON)
        assert presented.scheme is scheme
        assert schemes.fits(frame, presented, ANNA.rsa.public)
        await lanes.close()


@pytest.mark.anyio
async def test_a_gate_that_closed_meanwhile() -> None:
    lanes = Lanes(Dialler(Guard(ListGate(frozenset())), tls_context()))
    attempt = await deliver(
        lanes,
        Iri("https://a.example/inbox"),
        b"{}",
        ANNA.rsa_signer,
        scheme=Scheme.CAVAGE,
        clock=FixedClock(),
    )
    assert attempt == Attempt(Outcome.REFUSED, "origin-not-allowed")
