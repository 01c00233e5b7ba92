"""Load in both directions on an instance that is killed again and again, and the account at the end.

Clients post with an Idempotency-Key and peers deliver signed activities with an id; both try again until they are
acknowledged, and now and then once more after that. What was acknowledged must be there, once; what was posted must
have reached each peer under one activity id.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx

from federation.signatures.schemes import Scheme, sign_request
from federation.testing.actors import FakeActor, SystemClock
from federation.testing.loopback import LoopbackPeer, answer
from federation.types import HttpFrame, Iri
from tests.support.instances import LiveAccount, LiveInstance

ACTIVITY = "application/activity+json"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
REPEAT_SHARE = 0.1


@dataclass
class Peer:
    """Another instance that keeps account of what it gets. failing: the share of deliveries that it answers with 5xx."""

    server: LoopbackPeer
    actor: FakeActor
    random: Random
    failing: float = 0.0
    texts: dict[str, set[str]] = field(
        default_factory=dict
    )  # text of a post -> ids of the activities with it
    accepted: bool = False
    refused: int = 0

    async def take(self, frame: HttpFrame, writer: asyncio.StreamWriter) -> None:
        if self.random.random() < self.failing:
            self.refused += 1
            wish = {"retry_after": "1"} if self.random.random() < 0.3 else {}
            await answer(self.random.choice((500, 503)), **wish)(frame, writer)
            return
        activity = json.loads(frame.body)
        if activity["type"] == "Accept":
            self.accepted = True
        elif activity["type"] == "Create":
            text = activity["object"]["content"].removeprefix("<p>").removesuffix("</p>")
            self.texts.setdefault(text, set()).add(activity["id"])
        await answer(202)(frame, writer)


@asynccontextmanager
async def peer(name: str, random: Random) -> AsyncIterator[Peer]:
    async with LoopbackPeer(name) as server:
        made = Peer(server, server.actor(f"from_{name}"), random)
        server.behaviours["/inbox"] = server.behaviours[f"/actors/{made.actor.name}/inbox"] = made.take
        yield made


@dataclass
class Account:
    """All of it must be empty."""

    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    undelivered: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.lost or self.twice or self.undelivered or self.refused)


@dataclass
class Load:
    """What was sent to `target`, and what it acknowledged."""

    target: LiveInstance
    alice: LiveAccount
    peers: list[Peer]
    random: Random
    posted: dict[str, str] = field(default_factory=dict)  # acknowledged text -> id of the post
    delivered: set[str] = field(default_factory=set)  # texts that peers got a 202 for
    problems: list[str] = field(default_factory=list)
    stopping: bool = False
    number: int = 0

    # -- what is sent --------------------------------------------------------------------------------

    async def follow(self) -> None:
        """A member of each peer follows Alice; all are accepted."""
        for each in self.peers:
            follow = {"type": "Follow", "id": f"{each.actor.id}/follow", "object": self.alice.uri}
            await self._send(each, follow)
        async with asyncio.timeout(60):
            while not all(each.accepted for each in self.peers):
                await asyncio.sleep(0.1)

    async def post(self) -> None:
        """One poster: one post after the other."""
        async with self.target.async_client(self.alice.token) as client:
            while not self.stopping:
                self.number += 1
                await self._post(client, f"out {self.number:05}")
                await asyncio.sleep(self.random.uniform(0.05, 0.3))

    async def _post(self, client: httpx.AsyncClient, text: str) -> None:
        request = {"status": text, "visibility": "public"}
        while True:
            given = await self._try(
                client, "/api/v1/statuses", json=request, headers={"idempotency-key": text}
            )
            if given is not None and given.status_code == 200:
                post_id = given.json()["id"]
                if self.posted.setdefault(text, post_id) != post_id:
                    self.problems.append(f"{text}: two posts for one key")
                if self.random.random() >= REPEAT_SHARE:
                    return
            elif given is not None and given.status_code < 500:
                self.problems.append(f"{text}: {given.status_code} {given.text}")
                return
            await asyncio.sleep(0.05)

    async def deliver(self, each: Peer) -> None:
        """One peer: one note after the other."""
        while not self.stopping:
            self.number += 1
            await self.note(each, self.number)
            await asyncio.sleep(self.random.uniform(0.05, 0.3))

    async def note(self, each: Peer, number: int) -> None:
        """A note for Alice, once more now and then after it was acknowledged."""
        text = f"in {number:05}"
        activity: dict[str, Any] = each.actor.note(number, f"<p>{text}</p>")
        activity["cc"] = activity["object"]["cc"] = [self.alice.uri]
        mention = {"type": "Mention", "href": self.alice.uri, "name": f"@alice@{self.target.origin}"}
        activity["object"]["tag"] = [mention]
        await self._send(each, activity)
        self.delivered.add(text)
        if self.random.random() < REPEAT_SHARE:
            await self._send(each, activity)

    async def _send(self, each: Peer, activity: dict[str, Any]) -> None:
        body = json.dumps({"actor": each.actor.id, **activity}).encode()
        frame = HttpFrame("POST", Iri(f"{self.target.base}/inbox"), (("content-type", ACTIVITY),), body)
        async with self.target.async_client() as client:
            while True:
                signed = sign_request(frame, each.actor.rsa_signer, Scheme.CAVAGE, SystemClock().now())
                given = await self._try(client, "/inbox", headers=dict(signed.headers), content=body)
                if given is not None and given.status_code == 202:
                    return
                if given is not None and given.status_code < 500:
                    self.problems.append(f"{activity['id']}: {given.status_code} {given.text}")
                    return
                await asyncio.sleep(0.05)

    async def _try(self, client: httpx.AsyncClient, path: str, **options: Any) -> httpx.Response | None:
        try:
            return await client.post(path, **options)
        except httpx.TransportError:
            return None

    # -- what became of it ---------------------------------------------------------------------------

    async def settle(self, within: float) -> Account:
        """Waits until nothing is missing, or the time is over. The peers go on being heard of, as peers are, and the
        failing one gets better."""
        self.stopping = True
        for each in self.peers:
            each.failing = min(each.failing, 0.05)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within
        while True:
            account = await self._account()
            if not (account.lost or account.undelivered) or loop.time() > deadline:
                return account
            for each in self.peers:
                self.number += 1
                await self.note(each, self.number)
            await asyncio.sleep(1)

    async def _account(self) -> Account:
        account = Account(refused=self.problems)
        async with self.target.async_client(self.alice.token) as client:
            own = await self._all(client, f"/api/v1/accounts/{self.alice.id}/statuses", limit="40")
            told = await self._all(client, "/api/v1/notifications", limit="80", **{"types[]": "mention"})
        ids = {each["id"] for each in own}
        account.lost += [text for text, post_id in self.posted.items() if post_id not in ids]
        posts = Counter(_text(each) for each in own)
        mentions = Counter(_text(each["status"]) for each in told)
        account.lost += [text for text in self.delivered if text not in mentions]
        account.twice += [text for text, times in (posts + mentions).items() if times > 1]
        for each in self.peers:
            account.undelivered += [
                f"{text} to {each.server.name}" for text in posts if text not in each.texts
            ]
            account.twice += [text for text, ids in each.texts.items() if len(ids) > 1]
        return account

    async def _all(self, client: httpx.AsyncClient, path: str, **parameters: str) -> list[dict[str, Any]]:
        """Every page."""
        found: list[dict[str, Any]] = []
        while True:
            below = {"max_id": found[-1]["id"]} if found else {}
            page = await client.get(path, params=parameters | below, timeout=60)
            page.raise_for_status()
            if not page.json():
                return found
            found += page.json()


def _text(status: dict[str, Any]) -> str:
    content: str = status["content"]
    return content.removeprefix("<p>").removesuffix("</p>")


@asynccontextmanager
async def loaded(target: LiveInstance, random: Random, *names: str) -> AsyncIterator[Load]:
    """The instance serves, with Alice on it, and is connected with a peer of each name, where somebody follows her."""
    async with AsyncExitStack() as stack:
        peers = [await stack.enter_async_context(peer(name, random)) for name in names]
        await asyncio.to_thread(target.start)
        alice = await asyncio.to_thread(target.account, "alice")
        await asyncio.to_thread(target.allow, *(each.server.origin for each in peers))
        load = Load(target, alice, peers, random)
        await load.follow()
        yield load
