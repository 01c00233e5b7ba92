"""A hostile neighbourhood on loopback: peers that sign what they like, and one canary that nobody may touch.

    with neighbourhood() as hood:
        peer = hood.peer("peer")              # a LoopbackPeer, served from a thread of its own
        mallory = peer.actor("mallory")       # a FakeActor with keys, its document served
        answer = post(target, mallory, {...}) # signed as asked, sent to the target's inbox

The target is a real process (`LiveInstance`); what it thinks is read through its API and its own rows.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, TypeVar

import httpx
import psycopg

from federation.signatures import cavage, digest, schemes
from federation.signatures.schemes import Scheme
from federation.testing.actors import ActorSigningKey, FakeActor
from federation.testing.loopback import LoopbackPeer
from federation.types import HttpFrame, Iri
from server.store.work import known_by
from tests.support.instances import POSTGRESQL, LiveInstance, eventually

T = TypeVar("T")

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
ACTIVITY = "application/activity+json"
_serial = count(1)


class Neighbourhood:
    """Peers on an event loop in a thread, so that plain tests can speak with a process."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self._peers: list[LoopbackPeer] = []

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(20)

    def peer(self, name: str) -> LoopbackPeer:
        peer = LoopbackPeer(name)
        self.run(peer.__aenter__())
        self._peers.append(peer)
        return peer

    def close(self) -> None:
        for peer in self._peers:
            self.run(peer.__aexit__(None, None, None))
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()


@contextmanager
def neighbourhood() -> Iterator[Neighbourhood]:
    hood = Neighbourhood()
    try:
        yield hood
    finally:
        hood.close()


# -- activities ------------------------------------------------------------------------------------------


def number() -> int:
    """A number that no other object of this test process has."""
    return next(_serial)


def activity(actor: FakeActor, kind: str, thing: Any, **more: Any) -> dict[str, Any]:
    return {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": f"{actor.base}/activities/{number()}",
        "type": kind,
        "actor": actor.id,
        "object": thing,
        "to": [PUBLIC],
        **more,
    }


def note(actor: FakeActor, content: str = "Hello", **more: Any) -> dict[str, Any]:
    return {
        "id": f"{actor.base}/notes/{number()}",
        "type": "Note",
        "attributedTo": actor.id,
        "content": content,
        "to": [PUBLIC],
        "published": now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        **more,
    }


def create(actor: FakeActor, thing: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return activity(actor, "Create", thing or note(actor), **more)


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  peers have clocks of their own


# -- sending ---------------------------------------------------------------------------------------------


@dataclass
class Message:
    """One POST, open to tampering: change it between `signed` and `send`."""

    path: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def header(self, name: str) -> str:
        return next(value for key, value in self.headers if key.lower() == name)

    def replace(self, name: str, value: str) -> Message:
        self.headers = [(key, value if key.lower() == name else old) for key, old in self.headers]
        return self

    def without(self, name: str) -> Message:
        self.headers = [(key, value) for key, value in self.headers if key.lower() != name]
        return self


def signed(
    target: LiveInstance,
    key: ActorSigningKey,
    document: Mapping[str, Any] | bytes,
    *,
    scheme: Scheme = Scheme.CAVAGE,
    path: str = "/inbox",
    at: datetime | None = None,
) -> Message:
    """A delivery as an honest peer would send it."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    moment = at or now()
    frame = HttpFrame(
        "POST", f"{target.base}{path}", (("host", target.origin), ("content-type", ACTIVITY)), body
    )
    frame = schemes.sign_request(frame, key, scheme, moment)
    return Message(path, list(frame.headers), body)


def send(target: LiveInstance, message: Message) -> httpx.Response:
    """Over a real connection, the headers exactly as they stand."""
    with httpx.Client(timeout=20) as client:
        request = httpx.Request(
            "POST",
            f"http://127.0.0.1:{target.port}{message.path}",
            headers=[(name.encode(), value.encode("latin-1")) for name, value in message.headers],
            content=message.body,
        )
        return client.send(request)


def post(
    target: LiveInstance, actor: FakeActor, document: Mapping[str, Any] | bytes, **how: Any
) -> httpx.Response:
    return send(target, signed(target, actor.rsa_signer, document, **how))


def fetch(target: LiveInstance, path: str, actor: FakeActor | None = None, **headers: str) -> httpx.Response:
    """A GET, signed by an actor where given."""
    path = path.removeprefix(target.base)
    frame = HttpFrame("GET", f"{target.base}{path}", (("host", target.origin), ("accept", ACTIVITY)), b"")
    if actor is not None:
        frame = schemes.sign_request(frame, actor.rsa_signer, Scheme.CAVAGE, now())
    sent = dict(frame.headers) | headers
    with httpx.Client(timeout=20) as client:
        return client.get(f"http://127.0.0.1:{target.port}{path}", headers=sent)


# -- what the target thinks ------------------------------------------------------------------------------


def rows(target: LiveInstance, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """From its own database: for what its API does not tell."""
    if target.engine == POSTGRESQL:
        url = target.environment["CONSILIUM_DATABASE_URL"].replace("+psycopg", "")
        with psycopg.connect(url) as remote:
            return remote.execute(statement.replace("?", "%s").encode(), values or None).fetchall()
    file = f"file:{target.folder}/data/consilium.sqlite?mode=ro"
    with closing(sqlite3.connect(file, uri=True, timeout=10)) as connection:
        found: list[tuple[Any, ...]] = connection.execute(statement, values).fetchall()
        return found


def change(target: LiveInstance, statement: str, *values: Any) -> None:
    """In its own database: for times that no test can wait for."""
    if target.engine == POSTGRESQL:
        url = target.environment["CONSILIUM_DATABASE_URL"].replace("+psycopg", "")
        with psycopg.connect(url) as remote:
            remote.execute(statement.replace("?", "%s").encode(), values or None)
        return
    file = target.folder / "data" / "consilium.sqlite"
    with closing(sqlite3.connect(file, timeout=10)) as connection, connection:
        connection.execute(statement, values)


def outcome(target: LiveInstance, document: Mapping[str, Any], within: float = 20) -> str:
    """What became of an accepted activity, once it was worked; `again: …` where it will be tried again."""
    statement = "select outcome, state from inbox_item where activity_digest = ? and (state != 'waiting' or attempts > 0)"
    [(found, state)] = eventually(lambda: rows(target, statement, known_by(document["id"])), within=within)
    return f"again: {found}" if state == "waiting" else str(found)


def stored(target: LiveInstance, uri: str) -> bool:
    """Whether a post with this id stands there."""
    return bool(rows(target, "select 1 from post where uri = ?", uri))


def content_of(target: LiveInstance, uri: str) -> str:
    [found] = rows(target, "select content from post where uri = ?", uri)
    return str(found[0])


__all__ = [
    "ACTIVITY", "PUBLIC", "ActorSigningKey", "Callable", "FakeActor", "Iri", "LoopbackPeer", "Message", "Neighbourhood",
    "Scheme", "activity", "cavage", "content_of", "create", "digest", "fetch", "neighbourhood", "note", "now", "number",
    "outcome", "post", "rows", "send", "signed", "stored", "timedelta",
]  # fmt: skip
