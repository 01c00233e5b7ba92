"""Asking to be verified and deciding about it, on pages without JavaScript; what others then read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from server.core.clock import FixedClock, SystemClock
from server.core.i18n import Catalogue
from server.domain.accounts import AccountKind
from server.domain.users import Role
from server.domain.verification import Method, Verification, VerificationState
from server.jobs.unit import Units
from server.jobs.verification import VerificationKeeper
from server.media.vault import Vault
from server.services import accounts, audit, verification
from server.services.verification import Claim, Decision
from server.store.session import Database
from server.store.tables.users import user_account
from server.web.kit.media_links import MediaLinks
from server.web.kit.prepared import Prepared
from server.web.kit.reads import Reads
from server.web.mastodon.rendering.accounts import entity
from server.web.mastodon.rendering.renderer import Renderer
from tests.support.member_pages import (
    NOWHERE,
    add_person,
    browser,
    form_token,
    make_application,
    opened,
    sign_in,
)
from tests.support.pictures import png

pytestmark = pytest.mark.anyio
NPI = "1234567893"


class Person:
    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def page(self, path: str, status: int = 200) -> str:
        answer = await self.client.get(path)
        assert answer.status_code == status, (path, answer.text)
        return answer.text

    async def send(self, path: str, status: int = 303, files: Any = None, **fields: Any) -> str:
        token = form_token(await self.client.get("/settings/profile"))
        answer = await self.client.post(path, data={"form_token": token, **fields}, files=files)
        assert answer.status_code == status, (path, answer.text)
        return answer.text


class World:
    """anna is a member; dora and dirk decide; max moderates and decides nothing."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.application = make_application(database)
        for name in ("anna", "ben"):
            add_person(database, name)
        for name in ("dora", "dirk"):
            add_person(database, name, role=Role.ADMIN)
        add_person(database, "max", role=Role.MODERATOR)

    def latest(self, name: str = "anna") -> Verification:
        def read(unit: Any) -> Verification:
            return verification.of_account(unit, accounts.get_local(unit, name).id)[0]

        return self.database.run_read(read)

    def actions(self) -> list[str]:
        target = f"verification:{self.latest().id}"
        return [entry["action"] for entry in self.database.run_read(audit.of_target, target)]

    @asynccontextmanager
    async def person(self, name: str) -> AsyncIterator[Person]:
        async with browser(self.application, self.database) as client:
            await sign_in(client, name)
            yield Person(client)


@asynccontextmanager
async def world(folder: Path) -> AsyncIterator[World]:
    with opened(folder, SystemClock(), title="City Hospital") as database:
        yield World(database)


async def ask(person: Person, status: int = 303, files: Any = None, **fields: Any) -> str:
    values = {"profession": "physician", "specialties[]": ["cardiology"], "jurisdiction": "us"}
    return await person.send("/verification", status, files, **{**values, **fields})


async def test_a_doctor_asks_and_one_person_grants(tmp_path: Path) -> None:
    async with world(tmp_path) as w, w.person("anna") as anna, w.person("dora") as dora:
        assert "Nothing was checked of your profession yet." in await anna.page("/verification")
        await ask(anna, register="us-npi", number="1234 567 893")
        page = await anna.page("/verification")
        assert "You asked to be verified as “Physician: Cardiology”" in page
        assert "its check digit is right" in page and NPI not in page
        here = f"/admin/verifications/{w.latest().id}"
        page = await dora.page("/admin/verifications")
        assert here in page and "1 person waits" in page and "the first asked" in page
        page = await dora.page(here)
        assert "form and check digit are right" in page and NPI not in page
        assert "verification.number" not in w.actions()
        assert NPI in await dora.send(here, 200, act="number")
        assert w.actions()[0] == "verification.number"
        await dora.send(here, 422, act="grant", level="5", method="register")
        await dora.send(here, 422, act="grant", level="2", method="guess")
        await dora.send(here, 422, act="grant", level="2", method="register", days="many")
        await dora.send(here, act="grant", level="2", method="register", identity="substantial")
        assert w.latest().state is VerificationState.GRANTED
        for reader, path in ((anna, "/verification"), (dora, "/@anna"), (dora, here)):
            page = await reader.page(path)
            assert "City Hospital checked “Physician: Cardiology” against the professional register" in page
            assert "This holds until" in page
            assert "P2" not in page
        await dora.send(here, 409, act="refuse", reason="too late")


async def test_what_cannot_be_asked_is_said_and_nothing_is_stored(tmp_path: Path) -> None:
    async with world(tmp_path) as w, w.person("anna") as anna:
        picture = {"document": ("card.png", png(), "image/png")}
        for fields in (
            {"profession": "wizard"},
            {"register": "us-npi", "number": "1234567890"},
            {"register": "fr-rpps", "number": "10000000005"},
            {"register": "nowhere", "number": "1"},
            {"jurisdiction": "Utopia"},
            {"specialties[]": ["cardiology", "x"]},
        ):
            page = await ask(anna, 422, picture, **fields)
            assert "problem" in page
        await ask(anna, 422, {"document": ("card.pdf", b"%PDF-1.7 x", "application/pdf")})
        assert list(Vault(tmp_path / "media").digests()) == []
        with pytest.raises(IndexError):
            w.latest()
        await ask(anna, register="gb-gmc", number="12345", jurisdiction="GB")
        assert "does not look as numbers of that register usually do" in await anna.page("/verification")


async def test_from_the_institution_on_two_people_decide(tmp_path: Path) -> None:
    async with (
        world(tmp_path) as w,
        w.person("anna") as anna,
        w.person("dora") as dora,
        w.person("dirk") as dirk,
    ):
        await ask(anna)
        here = f"/admin/verifications/{w.latest().id}"
        await dora.send(here, act="grant", level="3", method="in-person", identity="high")
        assert w.latest().state is VerificationState.SECONDING
        assert "You were the first person" in await dora.page(here)
        await dora.send(here, 403, act="second")
        assert "confirmed by the institution" in await dirk.page(here)
        await dirk.send(here, act="second")
        assert w.latest().state is VerificationState.GRANTED


async def test_a_refusal_and_a_revocation_are_told_with_their_reason(tmp_path: Path) -> None:
    async with world(tmp_path) as w, w.person("anna") as anna, w.person("dora") as dora:
        await ask(anna)
        here = f"/admin/verifications/{w.latest().id}"
        await dora.send(here, 422, act="refuse", reason=" ")
        await dora.send(here, act="refuse", reason="Please send the card.")
        assert "Please send the card." in await anna.page("/verification")
        await ask(anna)
        here = f"/admin/verifications/{w.latest().id}"
        await dora.send(here, act="grant", level="2", method="document")
        await dora.send(here, 422, act="revoke", reason="left", typed="ben")
        assert w.latest().state is VerificationState.GRANTED
        await dora.send(here, act="revoke", reason="Left the house.", typed="@anna")
        assert "Left the house." in await anna.page("/verification")
        assert "checked" not in await dora.page("/@anna")


async def test_a_document_is_sealed_shown_to_deciders_and_erased(tmp_path: Path) -> None:
    async with world(tmp_path) as w, w.person("anna") as anna, w.person("dora") as dora:
        await ask(anna, files={"document": ("card.png", png(), "image/png")})
        digest = w.latest().document_digest
        assert digest is not None
        vault = Vault(tmp_path / "media")
        stored = await asyncio.to_thread(vault.read, digest)
        assert stored is not None and b"PNG" not in stored and b"JFIF" not in stored
        here = f"/admin/verifications/{w.latest().id}"
        answer = await dora.client.get(f"{here}/document")
        assert answer.status_code == 200 and answer.headers["content-type"].startswith("image/")
        assert answer.headers["cache-control"] == "private, no-store"
        assert w.actions()[0] == "verification.document"
        assert (await anna.client.get(f"{here}/document")).status_code == 403
        await dora.send(here, act="grant", level="2", method="document")

    late = FixedClock(SystemClock().now() + timedelta(days=29))
    with opened(tmp_path, late) as database:
        keeper = VerificationKeeper(Units(database), NOWHERE, vault, late)
        await keeper.erase_due()
        assert await asyncio.to_thread(vault.read, digest) is not None
        late.advance(timedelta(days=2))
        await keeper.erase_due()
        assert await asyncio.to_thread(vault.read, digest) is None
        assert await database.read(verification.documents_due) == []


async def test_only_administrators_decide_and_never_about_themselves(tmp_path: Path) -> None:
    async with (
        world(tmp_path) as w,
        w.person("dora") as dora,
        w.person("max") as moderator,
        w.person("ben") as ben,
    ):
        await ask(dora)
        here = f"/admin/verifications/{w.latest('dora').id}"
        for nobody in (moderator, ben):
            await nobody.page("/admin/verifications", 403)
            await nobody.page(here, 403)
            await nobody.send(here, 403, act="grant", level="2", method="document")
        assert "Nobody decides about themselves" in await dora.send(
            here, 403, act="grant", level="2", method="document"
        )
        await dora.page("/admin/verifications/999", 404)
        await dora.send("/admin/verifications/999", 404, act="refuse", reason="x")
        await dora.send(here, 422, act="elope")


async def test_apps_read_it_as_the_first_line_of_the_profile(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        anna = w.database.run_read(accounts.get_local, "anna")
        claim, decision = Claim("physician", ("cardiology",), "FR"), Decision(2, Method.REGISTER)
        held = w.database.run_write(verification.record, "command", anna, claim, decision)
        checked = w.database.run_read(accounts.get, anna.id)
        assert checked.version > anna.version, "what apps were told is encoded anew"
        field = entity(_renderer(w), checked).fields[0]
        assert field.name == "Profession"
        assert field.value.startswith("City Hospital checked “Physician: Cardiology” against")
        assert "P2" not in field.value and field.verified_at is not None
        w.database.run_write(verification.revoke, "command", held.id, "left")
        assert entity(_renderer(w), w.database.run_read(accounts.get, anna.id)).fields == []


async def test_of_a_pseudonym_only_the_profession_is_said(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        anna = w.database.run_read(accounts.get_local, "anna")

        def make(unit: Any) -> int:
            lynx = accounts.create_actor(unit, "lynx", AccountKind.PERSON, "Lynx")
            owner = accounts.owner(unit, anna)
            assert owner is not None
            unit.run(user_account.insert(), {"user_id": owner.id, "account_id": lynx.id})
            return lynx.id

        lynx_id = w.database.run_write(make)
        claim, decision = Claim("physician", ("cardiology",), "FR"), Decision(2, Method.REGISTER)
        w.database.run_write(verification.record, "command", anna, claim, decision)
        [field] = entity(_renderer(w), w.database.run_read(accounts.get, lynx_id)).fields
        assert "Physician" in field.value
        assert "Cardiology" not in field.value and "register" not in field.value


def _renderer(w: World) -> Renderer:
    context = w.database.context
    return Renderer(
        base=context.settings.base,
        title=context.settings.title,
        words=Catalogue().translator(),
        viewer_id=0,
        now=context.clock.now(),
        links=MediaLinks(context),
        prepared=Prepared(),
        reads=Reads(Units(w.database), context.clock),
    )
