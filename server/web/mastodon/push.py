"""Where the caller's device is told of notifications: one subscription for each token."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from server.core.errors import Invalid, Unauthenticated
from server.domain.push import ALERTS, PushPolicy, PushSubscription
from server.domain.users import Principal
from server.services import push
from server.web.kit import forms, responses
from server.web.kit.auth import bearer
from server.web.kit.call import Call
from server.web.mastodon import asked
from server.web.mastodon.entities import nouns as entities


async def show(call: Call) -> Response:
    """GET /api/v1/push/subscription."""
    return _answer(call, await call.read(push.get, _principal(call).token_id))


async def subscribe(call: Call) -> Response:
    """POST /api/v1/push/subscription: takes the place of what there was."""
    fields = await forms.body(call)
    wanted = _object(fields.get("subscription"), "subscription")
    keys = _object(wanted.get("keys"), "keys")
    at = push.device(
        asked.text(wanted.get("endpoint"), "endpoint", push.LONGEST_ENDPOINT),
        asked.text(keys.get("p256dh"), "keys[p256dh]", 200),
        asked.text(keys.get("auth"), "keys[auth]", 100),
        bearer(call.request) or "",
    )
    alerts, policy = _data(fields)
    made = await call.write(
        push.subscribe,
        _principal(call).token_id,
        call.account_id,
        at,
        standard=forms.truth(wanted.get("standard")) is True,
        alerts=alerts or {},
        policy=policy or PushPolicy.ALL,
    )
    return _answer(call, made)


async def change(call: Call) -> Response:
    """PUT /api/v1/push/subscription."""
    alerts, policy = _data(await forms.body(call))
    return _answer(call, await call.write(push.change, _principal(call).token_id, alerts, policy))


async def delete(call: Call) -> Response:
    """DELETE /api/v1/push/subscription: also where there is none."""
    await call.write(push.end, _principal(call).token_id)
    return responses.json({})


def _principal(call: Call) -> Principal:
    if call.principal is None:
        raise Unauthenticated
    return call.principal


def _object(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Invalid("Validation failed: %(field)s is not of the right form", field=name)
    return value


def _data(fields: dict[str, Any]) -> tuple[dict[str, bool] | None, PushPolicy | None]:
    """The alerts and the policy; None for what is not said."""
    data = _object(fields.get("data") or {}, "data")
    alerts = data.get("alerts")
    said = None
    if alerts is not None:
        named = _object(alerts, "data[alerts]")
        said = {kind: forms.truth(named[kind]) is True for kind in ALERTS if kind in named}
    policy = data.get("policy") or fields.get("policy")
    if policy is not None and policy not in list(PushPolicy):
        raise Invalid("Validation failed: %(field)s is not of the right form", field="policy")
    return said, None if policy is None else PushPolicy(policy)


def _answer(call: Call, one: PushSubscription) -> Response:
    return responses.json(
        entities.PushSubscription(
            one.number,
            one.endpoint,
            one.standard,
            one.alerts,
            push.public_key(call.context),
            one.policy.value,
        )
    )
