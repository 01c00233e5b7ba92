"""One of the staff at their browser, without JavaScript, and something that waits for them."""

from __future__ import annotations

import json
from dataclasses import dataclass

import httpx

from federation.types import Origin
from server.domain.boundary import Decision, Direction, Effect
from server.services import accounts, holds
from server.store.session import Unit
from server.store.tables.work import activity, delivery
from tests.support.member_pages import form_token

PEER = Origin("peer.example")


@dataclass
class Clerk:
    client: httpx.AsyncClient

    async def page(self, path: str, status: int = 200) -> str:
        answer = await self.client.get(path)
        assert answer.status_code == status, (path, answer.status_code, answer.headers.get("location"))
        return answer.text

    async def send(self, path: str, status: int = 303, **fields: str) -> httpx.Response:
        token = form_token(await self.client.get("/settings/profile"))
        answer = await self.client.post(path, data={"form_token": token, **fields})
        assert answer.status_code == status, (path, answer.status_code, answer.text)
        return answer


def held(unit: Unit) -> int:
    """A post of somebody here that waits before it leaves."""
    delivery_id = unit.new_id()
    activity_id = unit.new_id()
    body = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": "https://house.localhost/activities/1",
        "type": "Create",
        "actor": "https://house.localhost/actors/1",
        "object": {"id": "https://house.localhost/objects/1", "type": "Note", "content": "<p>A heron</p>"},
    }
    unit.run(
        activity.insert(),
        {
            "id": activity_id,
            "uri": body["id"],
            "kind": "Create",
            "account_id": accounts.ensure_instance_actor(unit).id,
            "post_id": None,
            "crossing": {},
            "body": json.dumps(body).encode(),
            "created_at": unit.now,
        },
    )
    unit.run(
        delivery.insert(),
        {
            "id": delivery_id,
            "activity_id": activity_id,
            "destination": PEER,
            "inbox": f"https://{PEER}/inbox",
            "state": "held",
            "due_at": unit.now,
            "created_at": unit.now,
        },
    )
    decision = Decision(Effect.HOLD, ("house.hold-cases",), "v1")
    holds.hold(unit, Direction.OUT, delivery_id, PEER, str(body["id"]), decision)
    return holds.waiting(unit)[-1].id
