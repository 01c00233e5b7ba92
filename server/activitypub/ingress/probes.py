"""What a partner's edges answer: its canary and the picture of it, asked for as its partner and as those who are none.

Each line says one thing that was asked and whether the answer was right. What was not answered has not passed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256

from federation.errors import BadStatus, FederationError, Gone, Malformed
from federation.keys import PrivateKey, base58_encode
from federation.signatures.schemes import Scheme, sign_request
from federation.signatures.window import parse_http_date
from federation.types import HttpAnswer, HttpFrame, Iri, JsonObject
from federation.vocab import codec
from server.activitypub.ingress.lookup import Lookup
from server.activitypub.keychain import Keychain
from server.core.clock import Clock
from server.core.errors import AppError
from server.core.http import Outgoing
from server.core.ids import Ids
from server.domain.trust import Partner, ProbeLine
from server.services import accounts, partners, probes, remote_accounts
from server.services.keys import LocalKey
from server.store.session import Database

ACCEPT = "application/activity+json"
LIMIT = 64 * 1024
SKEW = timedelta(seconds=60)
NOT_FOUND = "peer-says-not-found"
"""The library's word for 404; 410 would say that it was there."""
REFUSALS = frozenset({401, 403})

Signer = Callable[[HttpFrame], HttpFrame]


class Edges:
    """lookup: reads the partner's instance actor. outgoing: the guarded connections."""

    def __init__(
        self, database: Database, outgoing: Outgoing, keychain: Keychain, lookup: Lookup, clock: Clock
    ) -> None:
        self._database = database
        self._outgoing = outgoing
        self._keychain = keychain
        self._lookup = lookup
        self._clock = clock

    async def look(self, partner: Partner) -> list[ProbeLine]:
        """Never raises on what a peer does. The line `object` tells whether it takes us for a candidate."""
        own = await self._database.read(accounts.get_instance_actor)
        key, rsa = await self._keychain.key(own.id, "ed25519"), await self._keychain.key(own.id)
        stranger = PrivateKey.generate_ed25519()
        unseen = Iri(f"{self._database.context.settings.base}/actors/{Ids.public()}#ed25519-1")
        refused: dict[str, Signer | None] = {
            "unsigned": None,
            "wrong-key": self._signer(LocalKey(key.key_id, stranger)),
            "unknown-key": self._signer(LocalKey(unseen, stranger)),
            "draft-signature": self._signer(rsa, Scheme.CAVAGE),
        }
        lines = [await self._key(partner)]
        addresses = {
            "object": probes.address(partner, probes.CANARY),
            "media": probes.address(partner, probes.CANARY_MEDIA),
        }
        found, seen = await self._canary(addresses["object"], self._signer(key), partner)
        lines += found
        lines.append(await self._picture(addresses["media"], self._signer(key), seen))
        for name, address in addresses.items():
            for how, sign in refused.items():
                lines.append(await self._refuses(f"{name}-{how}", address, sign))
        return lines

    def _signer(self, key: LocalKey, scheme: Scheme = Scheme.RFC9421) -> Signer:
        return lambda frame: sign_request(frame, key, scheme, self._clock.now())

    async def _key(self, partner: Partner) -> ProbeLine:
        """Its instance actor still lists the pinned key, and no other."""
        try:
            found = await self._lookup.resolver().actor(partners.instance_actor(partner))
            await self._database.write(remote_accounts.receive, found.actor)
        except (FederationError, AppError) as problem:
            return ProbeLine("key", passed=False, words=_reason(problem))
        after = await self._database.read(partners.get, partner.domain)
        same = after.mismatch_at is None
        return ProbeLine("key", passed=same, words="" if same else "another-key")

    async def _canary(
        self, url: Iri, sign: Signer, partner: Partner
    ) -> tuple[list[ProbeLine], JsonObject | None]:
        """The lines of the canary and of the clock, and the canary."""
        try:
            answer = await self._get(url, sign)
            document = codec.parse(answer.body)
            if document.get("probe") is not True or document.get("id") != url:
                raise Malformed("not-the-canary")
            if document.get("attributedTo") != partners.instance_actor(partner):
                raise Malformed("canary-of-another")
        except FederationError as problem:
            missing = ProbeLine("object", passed=False, words=_reason(problem))
            return [missing, ProbeLine("clock", passed=False, words="not-tried")], None
        return [ProbeLine("object", passed=True), _clock(answer, self._clock.now())], document

    async def _picture(self, url: Iri, sign: Signer, canary: JsonObject | None) -> ProbeLine:
        """Its bytes are those that the canary names."""
        if canary is None:
            return ProbeLine("media", passed=False, words="not-tried")
        try:
            answer = await self._get(url, sign)
        except FederationError as problem:
            return ProbeLine("media", passed=False, words=_reason(problem))
        digest = "z" + base58_encode(b"\x12\x20" + sha256(answer.body).digest())
        listed = canary.get("attachment")
        pictures = listed if isinstance(listed, list) else [listed]
        same = any(
            isinstance(one, dict) and one.get("digestMultibase") == digest and one.get("url") == url
            for one in pictures
        )
        return ProbeLine("media", passed=same, words="" if same else "another-digest")

    async def _refuses(self, check: str, url: Iri, sign: Signer | None) -> ProbeLine:
        """Who must not have it is told 401, 403 or 404. Any other answer has not passed, nor has none."""
        try:
            answer = await self._get(url, sign)
        except Gone as problem:
            return ProbeLine(check, passed=problem.reason == NOT_FOUND, words=problem.reason)
        except BadStatus as problem:
            return ProbeLine(check, passed=problem.status in REFUSALS, words=f"status-{problem.status}")
        except FederationError as problem:
            return ProbeLine(check, passed=False, words=problem.reason)
        return ProbeLine(check, passed=False, words=f"status-{answer.status}")

    async def _get(self, url: Iri, sign: Signer | None) -> HttpAnswer:
        return await self._outgoing.client.get(url, accept=ACCEPT, limit=LIMIT, sign=sign)


def _clock(answer: HttpAnswer, now: datetime) -> ProbeLine:
    try:
        apart = abs(parse_http_date(answer.headers.get("date", "").strip()) - now)
    except FederationError as problem:
        return ProbeLine("clock", passed=False, words=problem.reason)
    return ProbeLine("clock", passed=apart <= SKEW, words=f"{apart.total_seconds():.0f}-seconds-apart")


def _reason(problem: FederationError | AppError) -> str:
    if isinstance(problem, BadStatus):
        return f"status-{problem.status}"
    return problem.reason if isinstance(problem, FederationError) else problem.code
