"""The pages of partners without a network: what is refused, what is asked before, what each step says."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from federation.keys import PrivateKey
from federation.signatures.proof import add_proof
from federation.testing.actors import ActorSigningKey
from federation.types import Iri, Origin
from server.core.clock import FixedClock
from server.domain.trust import PROFILE, Trust
from server.domain.users import Role
from server.domain.verification import Method
from server.services import accounts, instances, partners, standstill, trials, verification
from server.services.verification import Claim, Decision
from server.store.session import Database, Unit
from tests.support.house import START, House
from tests.support.member_pages import add_person, browser, form_token, make_application, opened, sign_in
from tests.support.partners import as_partner

pytestmark = pytest.mark.anyio
PEER = Origin("peer.example")
HERE = "/admin/partners"


class Desk:
    """An administrator at the pages of partners."""

    def __init__(self, database: Database, client: httpx.AsyncClient) -> None:
        self.database = database
        self.client = client

    async def send(self, path: str, **fields: Any) -> httpx.Response:
        token = form_token(await self.client.get(HERE))
        return await self.client.post(path, data={"form_token": token, **fields})

    def trust(self) -> dict[Origin, Trust]:
        return self.database.run_read(instances.trusts)


@asynccontextmanager
async def desk(folder: Path) -> AsyncIterator[Desk]:
    with opened(folder, FixedClock(START)) as database:
        add_person(database, "ada", role=Role.ADMIN)
        async with browser(make_application(database), database) as client:
            await sign_in(client, "ada")
            yield Desk(database, client)


def card(key: PrivateKey, **changes: Any) -> str:
    document = {
        "type": partners.CARD_TYPE, "profile": partners.PROFILE_IRI, "domain": PEER, "actor": f"https://{PEER}/actor",
        "key": key.public.to_multibase(), "fingerprint": key.public.fingerprint(), "versions": [PROFILE],
        "controller": "<b>South</b>", "jurisdiction": "DE", "dataProtectionOfficer": "", "contact": "+49 1",
        "classes": ["notice"], "issued": START.isoformat(), **changes,
    }  # fmt: skip
    signing = ActorSigningKey(Iri(f"https://{PEER}/actor#ed25519"), key)
    return json.dumps(add_proof(document, signing, START))


async def test_a_card_is_compared_before_anything_is_kept(tmp_path: Path) -> None:
    key = PrivateKey.generate_ed25519()
    async with desk(tmp_path) as at:
        shown = await at.send(HERE, act="card", card=card(key))
        assert shown.status_code == 200
        assert "&lt;b&gt;South&lt;/b&gt;" in shown.text and "<b>South</b>" not in shown.text
        visible = re.sub(r'<input type="hidden" name="card"[^>]*>', "", shown.text)
        assert key.public.fingerprint() not in visible, "it is heard, not read"
        assert at.trust() == {}
        whole = {"act": "pair", "card": card(key), "agreement": "contract 7", "until": "2027-12-31"}
        wrong = PrivateKey.generate_ed25519().public.fingerprint()
        for fields in (
            {"fingerprint": wrong},
            {"fingerprint": ""},
            {"fingerprint": key.public.fingerprint(), "until": "2020-01-01"},
            {"fingerprint": key.public.fingerprint(), "until": "soon"},
            {"fingerprint": key.public.fingerprint(), "agreement": " "},
        ):
            refused = await at.send(HERE, **{**whole, **fields})
            assert refused.status_code == 422, fields
            assert 'role="alert"' in refused.text
            assert at.trust() == {}
        done = await at.send(HERE, **whole, fingerprint=key.public.fingerprint())
        assert (done.status_code, done.headers["location"]) == (303, f"{HERE}/{PEER}")
        assert at.trust() == {PEER: Trust.ALLOWED}
        page = (await at.client.get(f"{HERE}/{PEER}")).text
        assert "The probe is under way" in page and key.public.fingerprint() in page


@pytest.mark.parametrize("bad", ["", " ", "{", "[]", "null", "{}", "é" * 9, '{"key": "z6M"}'])
async def test_what_is_no_card(tmp_path: Path, bad: str) -> None:
    async with desk(tmp_path) as at:
        for act in ("card", "pair"):
            answer = await at.send(
                HERE, act=act, card=bad, until="2027-12-31", fingerprint="1", agreement="a"
            )
            assert answer.status_code == 422
        assert at.trust() == {}


async def test_a_changed_card_is_refused(tmp_path: Path) -> None:
    changed = card(PrivateKey.generate_ed25519()).replace("DE", "FR")
    async with desk(tmp_path) as at:
        answer = await at.send(HERE, act="card", card=changed)
        assert answer.status_code == 422
        assert "was changed after it was signed" in answer.text


@pytest.mark.parametrize("level", [Trust.SUSPENDED, Trust.BLOCKED])
async def test_who_was_stopped_is_not_connected_in_passing(tmp_path: Path, level: Trust) -> None:
    async with desk(tmp_path) as at:
        at.database.run_write(instances.set_trust, "test", PEER, level)
        answer = await at.send(HERE, act="card", card=card(PrivateKey.generate_ed25519()))
        assert answer.status_code == 422
        assert at.trust() == {PEER: level}


async def test_everything_that_acts_wants_a_fresh_second_factor(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        at.database.run_write(as_partner, PEER)
        clock = at.database.context.clock
        assert isinstance(clock, FixedClock)
        clock.advance(timedelta(hours=1))
        asked = [(HERE, {"act": act}) for act in ("card", "pair", "pause", "resume")]
        asked += [
            (f"{HERE}/{PEER}", {"act": act, "typed": PEER})
            for act in ("test", "begin", "go-on", "give-up", "pause", "resume", "end")
        ]
        for path, fields in asked:
            answer = await at.send(path, **fields)
            assert answer.status_code == 303, (path, fields)
            assert answer.headers["location"].startswith("/signin/confirm"), (path, fields)
        assert at.trust() == {PEER: Trust.ALLOWED}


async def test_what_cannot_be_done_says_so(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        assert (await at.send(HERE, act="pause")).status_code == 422
        assert (await at.send(HERE, act="resume")).status_code == 422
        assert (await at.send(HERE, act="anything")).status_code == 422
        assert (await at.send(HERE, act="state", jurisdiction="Frankreich")).status_code == 422
        assert (await at.send(f"{HERE}/{PEER}", act="pause")).status_code == 404
        at.database.run_write(instances.set_trust, "test", PEER, Trust.ALLOWED)
        for fields in ({"act": "resume"}, {"act": "test"}, {"act": "end", "typed": "peer"}, {"act": "x"}):
            answer = await at.send(f"{HERE}/{PEER}", **fields)
            assert answer.status_code in {404, 422}, fields
        assert at.trust() == {PEER: Trust.ALLOWED}
        assert (await at.client.get(f"{HERE}/nobody.example")).status_code == 404
        assert (await at.client.get(f"{HERE}/not a host")).status_code in {404, 422}


async def test_a_test_round_begins_and_is_given_up(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        here = f"{HERE}/{PEER}"
        at.database.run_write(as_partner, PEER)
        page = (await at.client.get(here)).text
        assert "Begin the test round" in page and "[base.not-connected]" in page
        assert (await at.send(here, act="go-on")).status_code == 404
        assert "verified member" in (await at.send(here, act="begin", founder="ada")).text
        assert (await at.send(here, act="begin", founder="nobody")).status_code == 404
        assert (await at.send(here, act="begin")).status_code == 422

        def vouch(unit: Unit) -> None:
            accounts.ensure_instance_actor(unit)
            decision = Decision(2, Method.ADMINISTRATOR, "substantial")
            account = accounts.get_local(unit, "ada")
            verification.record(unit, "test", account, Claim("physician", (), "FR"), decision)

        at.database.run_write(vouch)
        assert (await at.send(here, act="begin", founder="@ada")).status_code == 303
        page = (await at.client.get(here)).text
        assert "follow @trial_" in page and "they act" in page and "Begin the test round" not in page
        assert (await at.send(here, act="go-on")).status_code == 303
        assert (await at.send(here, act="begin", founder="ada")).status_code == 409
        assert (await at.send(here, act="give-up")).status_code == 303
        assert "Begin the test round" in (await at.client.get(here)).text


async def test_a_test_round_that_they_began(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        here = f"{HERE}/{PEER}"
        at.database.run_write(as_partner, PEER)

        group = House(at.database, FixedClock(START)).remote("trial_7", PEER, kind="Group")
        at.database.run_write(trials.learn, group)
        page = (await at.client.get(here)).text
        assert f"follow @trial_7@{PEER}, confirm the rules" in page and "you act" in page
        assert "They have made a group for this alone." in page and "Go on with the round" not in page
        answer = await at.send(here, act="go-on")
        assert answer.status_code == 409 and f"{PEER} has begun this round" in answer.text
        assert (await at.send(here, act="begin", founder="ada")).status_code == 409
        assert (await at.send(here, act="give-up")).status_code == 303
        assert "Begin the test round" in (await at.client.get(here)).text


async def test_the_whole_house(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        at.database.run_write(as_partner, PEER)
        assert "Members of theirs in groups here: 0." in (await at.client.get(HERE)).text
        assert (await at.send(HERE, act="pause", reason="incident")).status_code == 303
        assert at.trust() == {PEER: Trust.SUSPENDED}
        assert "Everything is paused since" in (await at.client.get(HERE)).text
        assert (await at.send(HERE, act="resume")).status_code == 303
        assert at.trust() == {PEER: Trust.ALLOWED}
        assert at.database.run_read(standstill.find) is None
