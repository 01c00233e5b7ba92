"""Web push, from an app's subscription to what a device decrypts: a real push service on this machine, over TLS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from federation.net.guard import DangerousPrivate
from server.services import tokens
from server.store import push as rows
from server.store.session import Unit
from tests.integration.api.conftest import Api, Caller
from tests.support.push import Device, PushService, claims, push_service

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
WHERE = "/api/v1/push/subscription"
CANARY = "Zebrafinch-41"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[PushService]:
    with push_service(tmp_path) as running:
        yield running


@pytest.fixture
def settings_of(service: PushService) -> dict[str, Any]:
    return {"ca_file": service.authority_file, "dangerous_private_addresses": "127.0.0.0/8"}


async def _arrived(service: PushService, name: str, number: int = 1) -> list[tuple[dict[str, str], bytes]]:
    with anyio.fail_after(20):
        while len(service.to(name)) < number:
            await anyio.sleep(0.05)
    return service.to(name)


async def _settled(api: Api) -> None:
    """Until nothing is due for any device."""

    def waiting(unit: Unit) -> bool:
        return rows.any_due(unit, unit.now - tokens.UNUSED)

    with anyio.fail_after(20):
        while await api.instance.database.read(waiting):
            await anyio.sleep(0.05)


async def _subscribe(caller: Caller, service: PushService, **more: str) -> Device:
    device = Device()
    fields = device.fields(service.url(caller.name), mention="true", favourite="false") | more
    made = await caller.ask("POST", WHERE, data=fields)
    assert made["endpoint"] == service.url(caller.name)
    return device


async def test_an_app_subscribes_looks_changes_and_ends(api: Api, service: PushService) -> None:
    ana = await api.member("ana")
    await ana.ask("GET", WHERE, 404)
    await ana.ask("PUT", WHERE, 404, data={"data[alerts][mention]": "true"})
    await _subscribe(ana, service)
    found = await ana.get(WHERE)
    assert found["alerts"] == {"mention": True, "favourite": False}
    assert (found["standard"], found["policy"]) == (False, "all")
    instance = await api.visitor.get("/api/v2/instance")
    assert found["server_key"] == instance["configuration"]["vapid"]["public_key"] != ""
    changed = await ana.ask(
        "PUT", WHERE, json={"data": {"alerts": {"follow": True, "unheard": True}, "policy": "followed"}}
    )
    assert (changed["alerts"], changed["policy"]) == ({"follow": True}, "followed")
    again = await ana.ask(
        "POST", WHERE, data=Device().fields("https://push.example/other", poll="1") | {"data[policy]": "none"}
    )
    assert (again["id"], again["endpoint"]) == (found["id"], "https://push.example/other")
    assert await ana.ask("DELETE", WHERE) == {}
    assert await ana.ask("DELETE", WHERE) == {}
    await ana.ask("GET", WHERE, 404)


async def test_what_is_no_subscription_is_refused_and_changes_nothing(api: Api, service: PushService) -> None:
    ana = await api.member("ana")
    await _subscribe(ana, service)
    good = Device().fields("https://push.example/x", mention="true")
    wrong: list[dict[str, str]] = [
        {},
        good | {"subscription[endpoint]": "http://push.example/x"},
        good | {"subscription[endpoint]": "https://ana:secret@push.example/x"},
        good | {"subscription[endpoint]": "https://push.example/" + "x" * 3000},
        good | {"subscription[endpoint]": "nonsense"},
        good | {"subscription[endpoint]": "https://push.example/\r\nX: y"},
        good | {"subscription[keys][p256dh]": "AAAA"},
        good | {"subscription[keys][p256dh]": "BA" + "A" * 85},
        good | {"subscription[keys][auth]": "AAAA"},
        good | {"subscription[keys][auth]": "§"},
        good | {"data[policy]": "everybody"},
        good | {"data[alerts]": "mention"},
        {"subscription": "x"},
    ]
    for fields in wrong:
        await ana.ask("POST", WHERE, 422, data=fields)
    assert (await ana.get(WHERE))["endpoint"] == service.url("ana")


async def test_only_the_scope_push_opens_it_and_each_token_has_its_own(
    api: Api, service: PushService
) -> None:
    reader = await api.member("reader", "read write follow")
    await reader.ask("GET", WHERE, 403)
    await reader.ask("POST", WHERE, 403, data=Device().fields("https://push.example/x"))
    ana, ben = await api.member("ana"), await api.member("ben")
    await _subscribe(ana, service)
    await ben.ask("GET", WHERE, 404)


@pytest.mark.parametrize("standard", ["true", ""])
async def test_a_device_reads_the_kind_and_nothing_of_the_post(
    api: Api, service: PushService, standard: str
) -> None:
    ana, ben = await api.member("ana"), await api.member("benedetto")
    device = await _subscribe(ana, service, **{"subscription[standard]": standard})
    await ben.say(f"@ana {CANARY}", visibility="direct")
    headers, body = (await _arrived(service, "ana"))[0]
    assert headers["content-encoding"] == ("aes128gcm" if standard else "aesgcm")
    plain = device.open(headers, body)
    said = json.loads(plain)
    told = (await ana.get("/api/v1/notifications"))[0]
    token = ana.http.headers["authorization"].removeprefix("Bearer ")
    assert said == {
        "access_token": token,
        "preferred_locale": "en",
        "notification_id": int(told["id"]),
        "notification_type": "mention",
        "icon": "https://med.test/static/avatar.png",
        "title": "Consilium",
        "body": "You were mentioned",
    }
    assert CANARY.encode() not in plain
    assert b"benedetto" not in plain
    assert token.encode() not in body + json.dumps(headers).encode()
    instance = await api.visitor.get("/api/v2/instance")
    stated = claims(headers, instance["configuration"]["vapid"]["public_key"])
    assert (stated["aud"], stated["sub"]) == (service.origin, "https://med.test")
    assert 0 < int(headers["ttl"]) <= 24 * 3600
    await _settled(api)
    assert len(service.to("ana")) == 1


async def test_alerts_and_policy_are_honoured(api: Api, service: PushService) -> None:
    ana, ben = await api.member("ana"), await api.member("ben")
    device = await _subscribe(ana, service)
    post = await ana.say("Bonjour", visibility="public")
    await ben.post(f"/api/v1/statuses/{post['id']}/favourite")  # not asked for
    await ana.ask("PUT", WHERE, data={"data[policy]": "followed"})
    await ben.say("@ana from a stranger")
    await _settled(api)
    assert service.to("ana") == []
    await ana.post(f"/api/v1/accounts/{ben.id}/follow")
    await ben.say("@ana from somebody followed")
    headers, body = (await _arrived(service, "ana"))[0]
    assert json.loads(device.open(headers, body))["notification_type"] == "mention"
    await _settled(api)
    assert len(service.to("ana")) == 1


async def test_an_endpoint_that_is_gone_ends_the_subscription(api: Api, service: PushService) -> None:
    ana, ben = await api.member("ana"), await api.member("ben")
    await _subscribe(ana, service)
    service.status = 410
    await ben.say("@ana one")
    await _arrived(service, "ana")
    with anyio.fail_after(10):
        while (await ana.answer("GET", WHERE)).status_code != 404:
            await anyio.sleep(0.05)


async def test_a_failing_endpoint_keeps_the_message_and_rests(api: Api, service: PushService) -> None:
    ana, ben = await api.member("ana"), await api.member("ben")
    await _subscribe(ana, service)
    service.status = 503
    await ben.say("@ana one")
    await _arrived(service, "ana")
    token_id = await _token_id(api, ana)
    with anyio.fail_after(10):
        while (await api.instance.database.read(rows.find, token_id)).failures != 1:  # type: ignore[union-attr]
            await anyio.sleep(0.05)
    kept = await api.instance.database.read(rows.find, token_id)
    assert kept is not None
    assert kept.retry_at is not None
    assert (await ana.get(WHERE))["endpoint"] == service.url("ana")


async def test_nothing_goes_to_an_address_that_is_not_public(
    api: Api, service: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api.instance.outgoing.push._dialler.guard, "_private", DangerousPrivate())
    ana, ben = await api.member("ana"), await api.member("ben")
    await _subscribe(ana, service)
    await ben.say("@ana one")
    token_id = await _token_id(api, ana)
    with anyio.fail_after(10):
        while (await api.instance.database.read(rows.find, token_id)).failures != 1:  # type: ignore[union-attr]
            await anyio.sleep(0.05)
    assert service.received == []


@pytest.mark.parametrize("end", ["token", "subscription"])
async def test_what_ended_is_told_nothing_more(api: Api, service: PushService, end: str) -> None:
    ana, ben = await api.member("ana"), await api.member("ben")
    await _subscribe(ana, service)
    await ben.say("@ana one")
    await _arrived(service, "ana")
    token_id = await _token_id(api, ana)
    if end == "token":
        await api.instance.database.write(tokens.revoke, "command", token_id=token_id)
    else:
        await ana.ask("DELETE", WHERE)
    await ben.say("@ana two")
    await _settled(api)
    assert await api.instance.database.read(rows.find, token_id) is None
    assert len(service.to("ana")) == 1


async def _token_id(api: Api, caller: Caller) -> int:
    token = caller.http.headers["authorization"].removeprefix("Bearer ")
    principal = await api.instance.database.read(tokens.believe, token)
    assert principal is not None
    return principal.token_id
