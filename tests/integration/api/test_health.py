"""Whether an instance is fit, as load balancers ask; metrics for whoever has their token."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.api.conftest import Api

pytestmark = pytest.mark.anyio

TOKEN = "a token of the monitoring"


@pytest.fixture
def settings_of() -> dict[str, Any]:
    return {"metrics_token": TOKEN}


async def test_fit_until_it_is_told_to_stop(api: Api) -> None:
    fit = {"serving": True, "database": True, "queue": True, "disk": True}
    assert await api.visitor.get("/readyz") == {"status": "ok", **fit}
    api.instance.house.health.stopping = True
    assert await api.visitor.get("/readyz", 503) == {"status": "not ready", **fit, "serving": False}
    assert await api.visitor.get("/healthz") == {"status": "ok"}, "it still finishes what it has"


async def test_metrics_are_for_whoever_has_their_token(api: Api) -> None:
    await api.visitor.get("/healthz")
    accented = {b"Authorization": "Bearer clé".encode("latin-1")}
    for given in ({}, {"Authorization": "Bearer another"}, {"Authorization": f"Basic {TOKEN}"}, accented):
        refused = await api.visitor.http.get("/metrics", headers=given)
        assert refused.status_code == 404, "as if there were none"
    answer = await api.visitor.http.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    assert 'consilium_http_answers_total{method="GET",route="/healthz",status="200"} 1.0' in answer.text


async def test_a_member_s_token_opens_no_metrics(api: Api) -> None:
    alice = await api.member("alice")
    assert (await alice.http.get("/metrics")).status_code == 404
