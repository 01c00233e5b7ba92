"""Every bucket of calls: what is left is told with each answer, the last one included, and the next window begins full."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from server.core.clock import FixedClock, iso
from server.core.errors import RateLimited
from server.services import accounts, tokens
from server.store.session import Unit
from server.web.kit.limits import ALLOWANCES, Limiter
from server.web.kit.routing import Rate
from tests.integration.api.conftest import Api, Caller

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
"""Where windows of five, ten and thirty minutes all begin."""
READ = "/api/v1/preferences"
BUCKETS = (
    ("POST", "/api/v1/media", 30, 1800, True),
    ("POST", "/api/v2/media", 30, 1800, True),
    ("DELETE", "/api/v1/statuses/1", 30, 1800, True),
    ("POST", "/api/v1/apps", 60, 600, False),
    ("POST", "/signin", 100, 300, False),
    ("GET", READ, 300, 300, True),  # of one token
)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON + timedelta(seconds=60))


@pytest.mark.parametrize(("method", "path", "calls", "seconds", "known"), BUCKETS)
async def test_a_bucket_is_told_refused_and_filled_again(
    api: Api, clock: FixedClock, method: str, path: str, calls: int, seconds: int, known: bool
) -> None:
    caller = await api.member("ana") if known else api.visitor
    reset = iso(NOON + timedelta(seconds=seconds))
    for left in range(calls - 1, -1, -1):
        answer = await caller.http.request(method, path)
        assert answer.status_code != 429, f"{left} were left"
        assert _told(answer.headers) == (str(calls), str(left), reset)
    refused = await caller.http.request(method, path)
    assert refused.status_code == 429
    assert _told(refused.headers) == (str(calls), "0", reset)
    assert refused.headers["retry-after"] == str(seconds - 60)
    clock.advance(timedelta(seconds=seconds - 60))
    again = await caller.http.request(method, path)
    assert again.status_code != 429
    assert again.headers["x-ratelimit-remaining"] == str(calls - 1)


async def test_an_empty_bucket_is_in_nobody_elses_way(api: Api) -> None:
    ana, ben = await api.member("ana"), await api.member("ben")
    assert await _spend(ana) == 429
    assert (await ana.answer("GET", READ)).status_code == 200, "another bucket"
    assert (await ben.http.delete("/api/v1/statuses/1")).status_code == 404, "another caller"


def _tokens(unit: Unit, account_id: str, number: int) -> list[str]:
    account = accounts.get(unit, int(account_id))
    user = accounts.owner(unit, account)
    assert user is not None
    app, scopes = tokens.command_app(unit), tokens.check_scopes("read write")
    minted = (tokens.mint(unit, app, scopes, user_id=user.id, account_id=account.id) for _ in range(number))
    return [one.text for one in minted]


async def test_all_tokens_of_an_account_share_what_it_has(api: Api) -> None:
    ana = await api.member("ana")
    others = await api.instance.database.write(_tokens, ana.id, 5)
    for text in others:
        answer = await ana.http.get(READ, headers={"Authorization": f"Bearer {text}"})
        assert _told(answer.headers)[:2] == ("300", "299")
        for _ in range(299):
            await ana.http.get(READ, headers={"Authorization": f"Bearer {text}"})
    refused = await ana.http.get(READ)  # with a token that has not called before
    assert (refused.status_code, _told(refused.headers)[:2]) == (429, ("1500", "0"))
    spent = [await ana.http.delete("/api/v1/statuses/1") for _ in range(31)]
    assert [one.status_code for one in spent] == [404] * 30 + [429]
    deleted = await ana.http.delete("/api/v1/statuses/1", headers={"Authorization": f"Bearer {others[0]}"})
    assert deleted.status_code == 429


async def test_a_page_elsewhere_may_read_why_it_was_refused(api: Api) -> None:
    ana = await api.member("ana")
    await _spend(ana)
    refused = await ana.answer("DELETE", "/api/v1/statuses/1", headers={"Origin": "https://app.test"})
    assert refused.status_code == 429
    exposed = refused.headers["access-control-expose-headers"].lower()
    assert all(f"x-ratelimit-{part}" in exposed for part in ("limit", "remaining", "reset"))


async def _spend(caller: Caller) -> int:
    """Every deletion that a caller has, and one more."""
    for _ in range(30):
        await caller.http.delete("/api/v1/statuses/1")
    return (await caller.http.delete("/api/v1/statuses/1")).status_code


@pytest.mark.parametrize("rate", sorted(ALLOWANCES))
def test_each_allowance_ends_where_it_says(rate: Rate) -> None:
    clock = FixedClock(NOON)
    limiter = Limiter(clock, enabled=True)
    allowance = ALLOWANCES[rate]
    told = [limiter.count(rate, "token:1")["X-RateLimit-Remaining"] for _ in range(allowance.calls)]
    assert told == [str(left) for left in range(allowance.calls - 1, -1, -1)]
    with pytest.raises(RateLimited) as refused:
        limiter.count(rate, "token:1")
    assert refused.value.retry_after == allowance.seconds
    assert refused.value.allowance["X-RateLimit-Remaining"] == "0"
    clock.advance(timedelta(seconds=allowance.seconds))
    assert limiter.count(rate, "token:1")["X-RateLimit-Remaining"] == str(allowance.calls - 1)


def test_only_what_is_free_is_not_counted() -> None:
    assert set(Rate) - set(ALLOWANCES) == {Rate.FREE}


def _told(headers: httpx.Headers) -> tuple[str, ...]:
    return tuple(headers[f"x-ratelimit-{name}"] for name in ("limit", "remaining", "reset"))
