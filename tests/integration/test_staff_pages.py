"""The pages of the staff over a real house: who may see them, what they say, and what a form does."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path

import pytest
from sqlalchemy import select, update

from federation.types import Iri, Origin
from server.domain.boundary import (
    NO_AUTHOR,
    NO_GROUP,
    Action,
    ContentClass,
    ContentFacts,
    ContentForm,
    Decision,
    Direction,
    Effect,
    Facts,
    HostStanding,
    PeerFacts,
    PostsReach,
    Ruling,
    Tier,
)
from server.domain.ledger import Via
from server.domain.users import Role
from server.policy.entities import record
from server.services import audit, holds, lawful_holds, ledger, partner_heads, purges, seals
from server.store import audit as log
from server.store.session import Unit
from server.store.tables.ledger import purge
from server.store.tables.users import web_session
from server.store.tables.work import delivery
from tests.support.member_pages import PASSWORD
from tests.support.partners import as_partner
from tests.support.staff_pages import PEER, held, office

pytestmark = pytest.mark.anyio


def decided(unit: Unit, effect: Effect, word: ContentClass, peer: Origin = PEER) -> None:
    content = ContentFacts(ContentForm.GROUP, word, frozenset(), "en", frozenset())
    facts = Facts(
        Direction.OUT,
        Action.DELIVER,
        PeerFacts(
            origin=peer,
            tier=Tier.T1,
            held=False,
            owes=False,
            jurisdiction="",
            agreement=False,
            labels=frozenset(),
            author_host=HostStanding.OWN,
        ),
        NO_GROUP,
        content,
        NO_AUTHOR,
        PostsReach.PUBLIC,
    )
    made = Decision(effect, ("base.some-rule",), "v1")
    log.add_decisions(unit, "https://house.localhost/objects/1", [Ruling.of(facts, made, record(facts))])


async def test_the_first_page_counts_what_crosses(tmp_path: Path) -> None:
    async with office(tmp_path) as (database, clerks):
        for effect, word in [
            (Effect.ALLOW, ContentClass.CASE),
            (Effect.ALLOW, ContentClass.CASE),
            (Effect.HOLD, ContentClass.CASE),
            (Effect.DENY, ContentClass.RESTRICTED),
        ]:
            database.run_write(decided, effect, word)
        database.run_write(seals.seal)
        database.run_write(decided, Effect.ALLOW, ContentClass.NOTICE)
        database.run_write(seals.seal)
        database.run_write(seals.seal)  # what is sealed is not counted again
        for role in (Role.ADMIN, Role.MODERATOR, Role.AUDITOR):
            page = await clerks[role].page("/admin")
            assert page.count('class="level ') == 5
            assert "No backup was ever made." in page
            assert "look at it" in page and "▲" in page
            assert "cases</th><td>2</td><td>1</td><td>0</td>" in page
            assert "restricted</th><td>0</td><td>0</td><td>1</td>" in page
            assert "notices</th><td>1</td><td>0</td><td>0</td>" in page
            assert 'class="bar case"' in page and 'rect class="bar restricted" x=' not in page
        await clerks[Role.MEMBER].page("/admin", 403)
        assert "peer.example" not in await clerks[Role.ADMIN].page("/admin?peer=other.example")


async def test_what_is_held_is_read_released_and_refused(tmp_path: Path) -> None:
    async with office(tmp_path) as (database, clerks):
        moderator = clerks[Role.MODERATOR]
        number = database.run_write(held)
        assert "A heron" not in await moderator.page("/admin/review")
        shown = await moderator.page(f"/admin/review/{number}")
        assert "A heron" in shown and "[house.hold-cases]" in shown and "Cannot be undone" in shown
        assert database.run_read(log.recent)[0]["action"] == "review.read"
        for role in (Role.AUDITOR, Role.MEMBER):
            await clerks[role].page(f"/admin/review/{number}", 403)
        await moderator.send(f"/admin/review/{number}", 422, act="refuse", reason=" ")
        await moderator.send(f"/admin/review/{number}", 422, act="burn")
        database.run_write(lambda unit: unit.run(update(web_session).values(factor_at=None)))
        stopped = await moderator.send(f"/admin/review/{number}", act="release")
        assert stopped.headers["location"].startswith("/signin/confirm")
        assert len(database.run_read(holds.waiting)) == 1
        await moderator.send("/signin/confirm", password=PASSWORD, next="/admin/review")
        await moderator.send(f"/admin/review/{number}", act="release")
        assert "Nothing waits." in await moderator.page("/admin/review")
        await moderator.page(f"/admin/review/{number}", 404)


async def test_what_is_refused_does_not_leave(tmp_path: Path) -> None:
    async with office(tmp_path) as (database, clerks):
        number = database.run_write(held)
        await clerks[Role.ADMIN].send(f"/admin/review/{number}", act="refuse", reason="names a patient")
        assert database.run_read(holds.waiting) == []
        states = database.run_read(lambda unit: [row.state for row in unit.all(select(delivery.c.state))])
        assert states == ["cancelled"]


async def test_decisions_are_narrowed_and_told_in_words(tmp_path: Path) -> None:
    async with office(tmp_path) as (database, clerks):
        database.run_write(decided, Effect.DENY, ContentClass.RESTRICTED)
        database.run_write(decided, Effect.ALLOW, ContentClass.NOTICE, Origin("other.example"))
        for role in (Role.ADMIN, Role.AUDITOR):
            page = await clerks[role].page("/admin/decisions")
            assert "deliver peer.example" in page and "deliver other.example" in page
            assert "[base.some-rule]" in page
        narrowed = await clerks[Role.AUDITOR].page("/admin/decisions?effect=deny")
        assert "deliver peer.example" in narrowed and "other.example" not in narrowed
        narrowed = await clerks[Role.AUDITOR].page("/admin/decisions?peer=OTHER.example")
        assert "deliver peer.example" not in narrowed and "deliver other.example" in narrowed
        await clerks[Role.AUDITOR].page("/admin/decisions?peer=not%20a%20host", 422)
        assert "None." in await clerks[Role.AUDITOR].page("/admin/decisions?before=1")
        for role in (Role.MODERATOR, Role.MEMBER):
            await clerks[role].page("/admin/decisions", 403)


async def test_the_audit_log_is_narrowed(tmp_path: Path) -> None:
    async with office(tmp_path) as (database, clerks):
        database.run_write(audit.record, "command", "instance.trust", "peer.example", after="allowed")
        page = await clerks[Role.AUDITOR].page("/admin/audit?action=instance")
        assert "instance.trust" in page and "after: allowed" in page and "user.create" not in page
        assert (
            "Documents of verifications" in page and "Kept for 30 days." in page and "Kept for ever." in page
        )
        assert "None." in await clerks[Role.ADMIN].page("/admin/audit?target=nothing")
        await clerks[Role.MODERATOR].page("/admin/audit", 403)
        head = f"audit:5:{'a1' * 32}"
        database.run_write(partner_heads.heard, PEER, [head])
        assert head in await clerks[Role.AUDITOR].page(f"/admin/audit?target={PEER}")

        lines = (await clerks[Role.AUDITOR].page("/admin/audit/file?form=json")).splitlines()
        told = [json.loads(line) for line in lines]
        assert "instance.trust" in {one["action"] for one in told}
        assert all(one["at"].endswith("Z") for one in told)
        assert told[-1]["action"] == "audit.export"  # the file holds that it was taken
        database.run_write(audit.record, "command", "=1+1", "peer.example")
        database.run_write(decided, Effect.DENY, ContentClass.CASE)
        table = list(csv.DictReader(StringIO(await clerks[Role.ADMIN].page("/admin/audit/file?form=csv"))))
        assert "'=1+1" in {one["action"] for one in table} and len(table) == len(told) + 2
        (decision,) = csv.DictReader(
            StringIO(await clerks[Role.AUDITOR].page("/admin/decisions/file?form=csv"))
        )
        assert (decision["effect"], decision["peer"]) == ("deny", PEER)
        assert await clerks[Role.AUDITOR].page("/admin/audit/file?form=csv&until=2001-01-01") == ""
        await clerks[Role.AUDITOR].page("/admin/audit/file?since=yesterday", 422)
        await clerks[Role.AUDITOR].page("/admin/audit/file?since=2026-01-02&until=2026-01-01", 422)
        await clerks[Role.MODERATOR].page("/admin/decisions/file", 403)


async def test_who_saw_a_post_is_told_to_the_auditor_and_the_question_is_recorded(tmp_path: Path) -> None:
    async with office(tmp_path) as (_, clerks):
        auditor = clerks[Role.AUDITOR]
        assert "Who saw a post" in await auditor.page("/admin/access")
        answer = await auditor.send("/admin/access", 200, post=" https://house.localhost/objects/1 ")
        assert "No member here is recorded" in answer.text
        assert "address of the post" in (await auditor.send("/admin/access", 422, post=" ")).text
        await clerks[Role.MODERATOR].send("/admin/access", 403, post="https://house.localhost/objects/1")
        page = await auditor.page("/admin/audit?action=audit.access")
        assert page.count("audit.access</strong>") == 1 and "https://house.localhost/objects/1" in page


async def test_what_was_asked_back_and_is_not_answered(tmp_path: Path) -> None:
    uri = "https://house.localhost/objects/1"

    def given(unit: Unit) -> None:
        card = {"actor": f"https://{PEER}/actor", "contact": "+33 1 23"}
        as_partner(unit, PEER, card=json.dumps(card).encode())
        ledger.may_have(unit, Iri(uri), {PEER: "base.some-rule"}, Via.PUSH)
        purges.withdraw(unit, "test", Iri(uri))
        lawful_holds.hold(unit, "test", Iri("https://peer.example/notes/2"), "order 7")

    async with office(tmp_path) as (database, clerks):
        assert "None." in await clerks[Role.AUDITOR].page("/admin/purges")
        database.run_write(given)
        page = await clerks[Role.AUDITOR].page("/admin/purges")
        assert uri in page and "has not answered yet" in page and "order 7" in page and "+33 1 23" not in page
        database.run_write(lambda unit: unit.run(update(purge).values(state="overdue")))
        assert "Telephone: +33 1 23" in await clerks[Role.ADMIN].page("/admin/purges")
        page = await clerks[Role.AUDITOR].page(f"/admin/purges?object={uri}")
        assert "base.some-rule" in page and "Who may have it" in page and "order 7" not in page
        assert "None." in await clerks[Role.AUDITOR].page("/admin/purges?object=no%20address")
        await clerks[Role.MODERATOR].page("/admin/purges", 403)
