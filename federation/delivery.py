"""Sending activities: which inboxes, what became of an attempt, when to try again.

An attempt ends in one of five outcomes; the host stores it and does nothing else with statuses. Refused: nothing here;
what the network refuses becomes an outcome with its reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random
from typing import Final

from federation.errors import FederationError, Malformed, Refused, SignatureInvalid
from federation.iri import same_origin
from federation.net.lane import Lanes
from federation.ports import Clock, SigningKey
from federation.signatures.schemes import Scheme, sign_request
from federation.signatures.window import parse_http_date
from federation.types import HttpAnswer, HttpFrame, Iri

MEDIA_TYPE: Final = "application/activity+json"
RETRY_AFTER_CAP: Final = timedelta(hours=6)
GIVE_UP_AFTER: Final = timedelta(days=14)
GONE_AFTER: Final = timedelta(days=3)
"""How long an inbox must answer 404 or 410 before it counts as gone for good."""

_STEPS: Final = tuple(timedelta(seconds=seconds) for seconds in (30, 120, 600, 1800, 3600, 10_800, 21_600))
_JITTER: Final = 0.2


class Outcome(StrEnum):
    """What became of one attempt."""

    DELIVERED = "delivered"
    RETRY = "retry"  # not now: unreachable, 5xx, 408, 429
    GONE = "gone"  # 404, 410: the inbox is not there
    PARKED = "parked"  # 401, 403: the peer does not accept us; a person should look
    REFUSED = "refused"  # never: any other 4xx, redirects, and what our own gate forbids


@dataclass(frozen=True, slots=True)
class Attempt:
    """reason: a constant for logs. status: None where no answer came. retry_after: what the peer asked for, capped."""

    outcome: Outcome
    reason: str
    status: int | None = None
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Recipient:
    """An actor to be reached: its inbox, and the shared inbox of its server where it names one."""

    actor: Iri
    inbox: Iri
    shared_inbox: Iri | None = None


def collapse(recipients: Iterable[Recipient]) -> dict[Iri, tuple[Iri, ...]]:
    """Each inbox to post to, with the actors it stands for.

    A shared inbox is taken only on the origin of the actor's own inbox: naming another's would aim our posts at it.
    """
    inboxes: dict[Iri, list[Iri]] = {}
    for recipient in recipients:
        shared = recipient.shared_inbox
        usable = shared is not None and same_origin(shared, recipient.inbox)
        inbox = shared if shared is not None and usable else recipient.inbox
        actors = inboxes.setdefault(inbox, [])
        if recipient.actor not in actors:
            actors.append(recipient.actor)
    return {inbox: tuple(actors) for inbox, actors in inboxes.items()}


async def deliver(
    lanes: Lanes,
    inbox: Iri,
    body: bytes,
    key: SigningKey,
    *,
    scheme: Scheme,
    clock: Clock,
    headers: tuple[tuple[str, str], ...] = (),
) -> Attempt:
    """Signs and posts once. headers: further ones in lower case, covered by RFC 9421 signatures. Never raises."""
    try:
        frame = HttpFrame("POST", inbox, (("content-type", MEDIA_TYPE), *headers), body)
        also = tuple(name for name, _ in headers)
        signed = sign_request(frame, key, scheme, clock.now(), also=also)
        answer = await lanes.post(signed)
    except (Refused, Malformed, SignatureInvalid) as problem:  # an inbox that is no address, or not allowed
        return Attempt(Outcome.REFUSED, problem.reason)
    except FederationError as problem:
        return Attempt(Outcome.RETRY, problem.reason)
    return judge(answer, clock.now())


def judge(answer: HttpAnswer, now: datetime) -> Attempt:
    """The outcome that a status stands for."""
    status = answer.status
    if 200 <= status < 300:
        return Attempt(Outcome.DELIVERED, "delivered", status)
    if status in {404, 410}:
        return Attempt(Outcome.GONE, "inbox-gone", status)
    if status in {401, 403}:
        return Attempt(Outcome.PARKED, "peer-refuses-us", status)
    if status in {408, 425, 429} or status >= 500:
        wait = parse_retry_after(answer.headers.get("retry-after"), now)
        return Attempt(Outcome.RETRY, "peer-busy" if status in {429, 503} else "peer-failing", status, wait)
    return Attempt(Outcome.REFUSED, "redirect" if status < 400 else "peer-rejects", status)


def parse_retry_after(text: str | None, now: datetime) -> timedelta | None:
    """Seconds or a date, capped at six hours; None where absent or unreadable."""
    if text is None:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), int(RETRY_AFTER_CAP.total_seconds())))
    try:
        wait = parse_http_date(text) - now
    except FederationError:
        return None
    return min(max(wait, timedelta()), RETRY_AFTER_CAP)


def backoff(attempt: int, random: Random, retry_after: timedelta | None = None) -> timedelta:
    """How long to wait after the attempt (1 is the first): 30 s, 2 m, 10 m, 30 m, 1 h, 3 h, then 6 h, give or take 20 %.

    The peer's own wish is never undercut.
    """
    step = _STEPS[min(max(attempt, 1), len(_STEPS)) - 1]
    wait = step * random.uniform(1 - _JITTER, 1 + _JITTER)
    return wait if retry_after is None else max(wait, retry_after)


def is_spent(first_attempt: datetime, now: datetime) -> bool:
    """Whether fourteen days of trying are over: the delivery becomes a dead letter that a person may send again."""
    return now - first_attempt >= GIVE_UP_AFTER


@dataclass(frozen=True, slots=True)
class Breaker:
    """What is remembered of a destination that fails; pure, for the host to store. The default is a healthy one.

    failure_since: the first of the failures in a row. next_probe_at: before it nothing is sent, after it one probe.
    """

    failures: int = 0
    failure_since: datetime | None = None
    next_probe_at: datetime | None = None

    def allows(self, now: datetime) -> bool:
        return self.next_probe_at is None or now >= self.next_probe_at

    @property
    def is_closed(self) -> bool:
        """Whether the destination may have everything due; an open breaker lets one probe through."""
        return self.failure_since is None

    def after(self, attempt: Attempt, now: datetime, random: Random) -> Breaker:
        """Any answer but `retry` shows that the destination is alive."""
        if attempt.outcome is not Outcome.RETRY:
            return Breaker()
        failures = self.failures + 1
        return Breaker(
            failures, self.failure_since or now, now + backoff(failures, random, attempt.retry_after)
        )

    def heard_from(self) -> Breaker:
        """After a signed request from that destination: it is alive."""
        return Breaker()
