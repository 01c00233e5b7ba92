"""One of the staff at their browser, without JavaScript, and something that waits for them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from federation.types import Origin
from server.domain.boundary import Decision, Direction, Effect
from server.domain.users import Role
from server.services import accounts, holds
from server.store.session import Database, Unit
from server.store.tables.work import activity, delivery
from tests.support.member_pages import add_person, browser, form_token, make_application, opened, sign_in

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


@asynccontextmanager
async def office(folder: Path, **overrides: str) -> AsyncIterator[tuple[Database, dict[Role, Clerk]]]:
    """A house with one person of each role, signed in."""
    with opened(folder, **overrides) as database:
        application = make_application(database)
        clerks = {}
        for role in Role:
            add_person(database, f"{role.value}s", role=role)
            client = browser(application, database)
            await sign_in(client, f"{role.value}s")
            clerks[role] = Clerk(client)
        yield database, clerks
        for clerk in clerks.values():
            await clerk.client.aclose()


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
