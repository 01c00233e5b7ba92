"""The probe against peers on loopback that do what a partner must not: each fault is the line that fails."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from federation.errors import FederationError
from federation.iri import strip_fragment
from federation.keys import PrivateKey, PublicKey, base58_encode
from federation.signatures import schemes
from federation.signatures.schemes import Scheme
from federation.signatures.window import format_http_date
from federation.testing.loopback import ACTIVITY_JSON, LoopbackPeer, answer, document
from federation.types import HttpFrame, Iri, Json, Origin
from server.activitypub.ingress import Edges, Lookup, TrustTable
from server.activitypub.keychain import Keychain
from server.core.clock import SystemClock
from server.core.http import outgoing
from server.core.settings import Settings
from server.domain.trust import Partner, ProbeLine
from server.jobs import probes as jobs
from server.jobs.unit import Units
from server.services import accounts, instances, keys, partners, probes
from server.services.founding import open_database
from server.store.session import Database, Unit
from tests.support.partners import as_partner
from tests.support.ports import free_port

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

PICTURE = base64.b64decode("R0lGODlhAQABAAAAACw=")
TRIP = {"delivered", "answered", "deleted", "receipted"}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@dataclass
class FakePartner:
    """An instance that keeps the profile in what it serves, but for its faults. leaks: to whom it gives what it must not."""

    peer: LoopbackPeer
    ours: PublicKey
    key_id: str
    key: PrivateKey = field(default_factory=PrivateKey.generate_ed25519)
    leaks: set[str] = field(default_factory=set)
    status: int = 401
    skew: timedelta = timedelta(0)
    picture: bytes = PICTURE
    listed: list[PrivateKey] = field(default_factory=list)

    @property
    def actor(self) -> str:
        return f"{self.peer.base}/actor"

    def serve(self) -> None:
        listed = self.listed or [self.key]
        self.peer.behaviours |= {
            "/actor": document(
                {
                    "@context": [
                        "https://www.w3.org/ns/activitystreams",
                        "https://w3id.org/security/multikey/v1",
                    ],
                    "id": self.actor,
                    "type": "Application",
                    "preferredUsername": "peer",
                    "inbox": f"{self.actor}/inbox",
                    "outbox": f"{self.actor}/outbox",
                    "assertionMethod": [
                        {
                            "id": f"{self.actor}#ed25519-{number}",
                            "type": "Multikey",
                            "controller": self.actor,
                            "publicKeyMultibase": one.public.to_multibase(),
                        }
                        for number, one in enumerate(listed, start=1)
                    ],
                }
            ),
            probes.CANARY: self._guarded("object", lambda: json.dumps(self.canary()).encode(), ACTIVITY_JSON),
            probes.CANARY_MEDIA: self._guarded("media", lambda: self.picture, "image/gif"),
        }

    def canary(self) -> Json:
        digest = "z" + base58_encode(b"\x12\x20" + sha256(PICTURE).digest())
        url = f"{self.peer.base}{probes.CANARY_MEDIA}"
        return {
            "id": f"{self.peer.base}{probes.CANARY}",
            "type": "Note",
            "probe": True,
            "attributedTo": self.actor,
            "attachment": [{"type": "Image", "url": url, "digestMultibase": digest}],
        }

    def _guarded(self, what: str, body: Callable[[], bytes], kind: str) -> Any:
        async def behave(frame: HttpFrame, writer: asyncio.StreamWriter) -> None:
            how = self._caller(frame)
            date = format_http_date(SystemClock().now() + self.skew)
            if how == "partner" or f"{what}-{how}" in self.leaks:
                await answer(200, body(), kind, date=date)(frame, writer)
            else:
                await answer(self.status, b"no", date=date)(frame, writer)

        return behave

    def _caller(self, frame: HttpFrame) -> str:
        try:
            presented = schemes.present(frame)
            schemes.check_claims(frame, presented, SystemClock().now())
        except FederationError:
            return "unsigned"
        if presented.scheme is not Scheme.RFC9421:
            return "draft-signature"
        if strip_fragment(Iri(presented.key_id)) != strip_fragment(Iri(self.key_id)):
            return "unknown-key"
        return "partner" if schemes.fits(frame, presented, self.ours) else "wrong-key"


@dataclass
class Bench:
    """Our side: a database that has paired the fake partner, and what asks it."""

    database: Database
    edges: Edges
    fake: FakePartner

    @property
    def domain(self) -> Origin:
        return Origin(self.fake.peer.origin)

    def partner(self) -> Partner:
        return self.database.run_read(partners.get, self.domain)

    async def look(self) -> list[ProbeLine]:
        self.fake.serve()
        return await self.edges.look(self.partner())


def _own_key(unit: Unit) -> tuple[str, PrivateKey]:
    return keys.private(unit, accounts.get_instance_actor(unit).id, "ed25519")


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    settings = Settings(
        domain="here.localhost:9",
        scheme="http",
        data_dir=tmp_path / "data",
        dangerous_private_addresses="127.0.0.0/8",
    )
    database, clock = open_database(settings), SystemClock()
    trust = TrustTable(settings.origin, lambda: database.run_read(instances.trusts))
    out = outgoing(settings, trust)
    keychain = Keychain(database)
    own = database.run_read(accounts.get_instance_actor)
    signed = out.signed(partial(keychain.key, own.id), clock)
    profiled = out.profiled(partial(keychain.key, own.id, "ed25519"), clock)
    lookup = Lookup(database, settings, trust, signed, out.plain(), profiled)
    key_id, private = database.run_read(_own_key)
    try:
        async with LoopbackPeer() as peer:
            fake = FakePartner(peer, private.public, key_id)
            unprobed = {"probed_at": None}
            database.run_write(as_partner, Origin(peer.origin), fake.key.public, **unprobed)
            yield Bench(database, Edges(database, out, keychain, lookup, clock), fake)
    finally:
        await out.close()
        database.close()


def failed(lines: list[ProbeLine]) -> set[str]:
    return {line.check for line in lines if not line.passed}


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_a_peer_that_refuses_passes(bench: Bench, status: int) -> None:
    bench.fake.status = status
    lines = await bench.look()
    assert failed(lines) == set()
    assert len(lines) == 12


@pytest.mark.parametrize("status", [200, 204, 302, 400, 410, 429, 500, 503])
async def test_no_other_answer_is_a_refusal(bench: Bench, status: int) -> None:
    bench.fake.status = status
    assert failed(await bench.look()) >= {"object-unsigned", "media-unknown-key", "media-draft-signature"}


@pytest.mark.parametrize(
    "leak",
    [
        f"{what}-{how}"
        for what in ("object", "media")
        for how in ("unsigned", "wrong-key", "unknown-key", "draft-signature")
    ],
)
async def test_each_leak_is_the_line_that_fails(bench: Bench, leak: str) -> None:
    bench.fake.leaks = {leak}
    lines = await bench.look()
    assert failed(lines) == {leak}
    assert next(line.words for line in lines if line.check == leak) == "status-200"


@pytest.mark.parametrize("skew", [timedelta(seconds=-90), timedelta(seconds=90)])
async def test_a_clock_that_is_off(bench: Bench, skew: timedelta) -> None:
    bench.fake.skew = skew
    assert failed(await bench.look()) == {"clock"}


async def test_a_clock_that_is_nearly_right(bench: Bench) -> None:
    bench.fake.skew = timedelta(seconds=-30)
    assert failed(await bench.look()) == set()


async def test_a_picture_that_is_another(bench: Bench) -> None:
    bench.fake.picture = PICTURE + b"x"
    assert failed(await bench.look()) == {"media"}


async def test_another_key_is_an_alarm(bench: Bench) -> None:
    bench.fake.listed = [PrivateKey.generate_ed25519()]
    assert failed(await bench.look()) == {"key"}
    assert bench.partner().mismatch_at is not None


async def test_a_peer_that_is_away(bench: Bench) -> None:
    away = Origin(f"away.localhost:{free_port()}")
    bench.database.run_write(as_partner, away)
    lines = await bench.edges.look(bench.database.run_read(partners.get, away))
    assert len(lines) == 12
    assert not any(line.passed for line in lines)


async def test_a_canary_that_nobody_answers(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "PATIENCE", timedelta(seconds=0.3))
    bench.fake.serve()
    prober = jobs.Prober(Units(bench.database), bench.edges, SystemClock())
    lines = await prober.probe(bench.domain)
    assert failed(lines) == TRIP
    after = bench.partner()
    assert after.probed_at is None
    assert after.probe_failing_since is not None
    assert not after.partner(SystemClock().now())


async def test_whoever_does_not_give_its_canary_gets_none(bench: Bench) -> None:
    bench.fake.ours = PrivateKey.generate_ed25519().public  # it takes us for somebody else
    bench.fake.serve()
    prober = jobs.Prober(Units(bench.database), bench.edges, SystemClock())
    assert failed(await prober.probe(bench.domain)) == {"object", "clock", "media", *TRIP}
    assert bench.database.run_read(probes.find, bench.domain) is None
