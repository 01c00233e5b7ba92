"""Groups on our own pages, without JavaScript: found, understood, joined, read, written in, moderated, left."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import httpx
import pytest

from federation.types import Iri, Origin
from server.core.clock import SystemClock
from server.domain.accounts import Account
from server.domain.boundary import GroupAccess
from server.domain.groups import Admission, MembershipRole
from server.domain.ledger import PurgeReason, ReceiptStatus, Via
from server.domain.reads import Depth
from server.domain.trust import Trust
from server.domain.verification import Method
from server.services import accounts, groups, instances, ledger, purges, reads, verification
from server.services.groups import Settings
from server.services.posts import delete as deleting
from server.services.posts import visible
from server.services.verification import Claim, Decision
from server.store import accounts as account_rows
from server.store import groups as group_rows
from server.store import ledger as ledger_rows
from server.store import memberships, newcomers, revisions, users
from server.store.session import Database, Unit
from tests.support.member_pages import add_person, browser, form_token, make_application, opened, sign_in

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
P = ParamSpec("P")
R = TypeVar("R")
RULES = "Be kind.\n\nNo names of patients."


class World:
    """alice moderates `cardio` (closed, moderated); bob and nora are verified, carl is not."""

    def __init__(self, application: Any, database: Database) -> None:
        self.application, self.database = application, database
        self.run(accounts.ensure_instance_actor)
        settings = Settings(title="Cardiology", rules=RULES, listed=True, retention_days=30)
        self.cardio = self.run(groups.create, "command", "cardio", settings, None)

    def run(self, fn: Callable[Concatenate[Unit, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        return self.database.run_write(fn, *args, **kwargs)

    def account(self, name: str) -> Account:
        return self.run(accounts.get_local, name)

    def verify(self, name: str) -> None:
        until = timedelta(days=300)
        decision = Decision(2, Method.REGISTER, "substantial", "aal2", "file 7", until.days)
        self.run(
            verification.record,
            "command",
            self.account(name),
            Claim("physician", ("cardiology",), "FR"),
            decision,
        )

    @asynccontextmanager
    async def person(self, name: str) -> AsyncIterator[Person]:
        async with browser(self.application, self.database) as client:
            await sign_in(client, name)
            yield Person(client)


class Person:
    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def page(self, path: str, status: int = 200) -> str:
        answer = await self.client.get(path)
        assert answer.status_code == status, path
        return answer.text

    async def send(self, path: str, status: int = 303, **fields: str) -> httpx.Response:
        token = form_token(await self.client.get("/settings/profile"))
        answer = await self.client.post(path, data={"form_token": token, **fields})
        assert answer.status_code == status, (path, answer.text)
        return answer


@asynccontextmanager
async def world(folder: Path, **settings: Any) -> AsyncIterator[World]:
    with opened(folder, SystemClock(), **settings) as database:
        for name in ("alice", "bob", "nora", "carl"):
            add_person(database, name)
        made = World(make_application(database), database)
        for name in ("alice", "bob", "nora"):
            made.verify(name)
        made.run(groups.add, "command", made.cardio, made.account("alice"))
        made.run(groups.set_role, "command", made.cardio, made.account("alice"), MembershipRole.MODERATOR)
        yield made


async def test_the_page_says_how_long_what_is_held_usually_waits(tmp_path: Path) -> None:
    async with world(tmp_path) as w, w.person("bob") as bob:
        home, said = f"/groups/{w.cardio.id}", "is usually answered within 7 days."
        assert "reviewer" not in await bob.page(home)
        w.run(account_rows.change, w.cardio.id, {"usual_wait": 168})
        assert said in await bob.page(home)
        owner = w.run(accounts.owner, w.account("bob"))
        assert owner is not None
        w.run(users.change, owner.id, {"language": "fr"})
        async with w.person("bob") as again:
            french = await again.page(home)
            assert said not in french and "sa réponse en moins de 7 jours." in french


async def test_a_member_joins_writes_and_leaves(tmp_path: Path) -> None:
    async with world(tmp_path) as w, w.person("bob") as bob, w.person("alice") as alice:
        home = f"/groups/{w.cardio.id}"
        assert "Cardiology" in await bob.page("/groups")
        page = await bob.page(home)
        assert "Members only" in page and "this instance, house.localhost:8000" in page
        assert "Write to the group" not in page and "Posts are kept for 30 days." in page
        assert "people of institutions that yours does not know may write here" in page.lower()
        page = await bob.page(f"{home}/join")
        assert "Be kind." in page and "Physician: Cardiology" in page and "P2" not in page
        await bob.send(f"{home}/join", 422, rules_version="1")
        await bob.send(f"{home}/join", 422, rules_version="9" * 5000, agreed="on")
        await bob.send(f"{home}/join", 409, rules_version="99", agreed="on")
        await bob.send(f"{home}/join", rules_version=_version(page), agreed="on")
        assert "You have asked to be let in" in await bob.page(home)
        await bob.page(f"{home}/members", 404)

        assert "1 person asks" in await alice.page(home)
        asked = await alice.page(f"{home}/requests")
        assert "@bob" in asked and "states that it checked: Physician" in asked
        bobs = f"{home}/requests/{w.account('bob').id}"
        await alice.send(bobs, 422, act="promote")
        await alice.send(bobs, act="accept")
        await alice.send(bobs, 404, act="accept")
        w.run(_an_institution_comes, w.cardio, w.account("nora"))
        for shown in (await bob.page(home), await alice.page(f"{home}/requests")):
            assert "clinic.example" in shown and "1 person asks" not in shown
        async with w.person("nora") as nora:
            outside = await nora.page(home)
            assert "You are admitted." in outside and "clinic.example" not in outside

        await bob.send(home, text="A case of mine")
        sent = await bob.send(home, text="An ECG, please look")
        thread = sent.headers["location"]
        assert "An ECG, please look" in await alice.page(home)
        answer = await alice.send(home, text="Looks like a block", in_reply_to=thread.rpartition("/")[2])
        assert "An ECG, please look" in await alice.page(answer.headers["location"])
        assert "Looks like a block" in await bob.page(thread)
        await bob.send(home, 422, text=" ")
        for unknown in ("123", "9" * 40, "9" * 5000, "\u0663"):
            await bob.send(home, 404, text="x", in_reply_to=unknown)

        await bob.send(f"{thread}/moderate", 404, act="remove")
        await alice.send(f"{thread}/moderate", act="lock")
        await bob.send(home, 422, text="too late", in_reply_to=thread.rpartition("/")[2])
        await alice.send(f"{thread}/moderate", act="remove")
        assert "An ECG, please look" not in await bob.page(home)

        member = f"{home}/members/{w.account('bob').id}"
        await bob.send(member, 404, act="promote")
        await alice.send(member, act="promote")
        assert "moderator" in await bob.page(f"{home}/members")
        await alice.send(member, act="demote")
        await bob.send(f"{home}/leave")
        assert "Write to the group" not in await bob.page(home)
        await bob.page(thread, 404)


def _an_institution_comes(unit: Unit, group: Account, waits: Account) -> None:
    """And somebody waits until that was told."""
    began, offer = unit.now, Iri("https://house.localhost/activities/1")
    newcomers.add(unit, group.id, Origin("clinic.example"), offer, began, began + timedelta(days=1))
    values = {"state": "requested", "reason": "institution-new", "join_uri": "x", "admitted_at": began}
    assert memberships.add(unit, {"group_id": group.id, "account_id": waits.id, **values})


async def test_who_is_not_verified_is_told_what_to_do(tmp_path: Path) -> None:
    async with world(tmp_path) as w, w.person("carl") as carl:
        page = await carl.page(f"/groups/{w.cardio.id}/join")
        assert "Your profession has not been checked yet." in page
        answer = await carl.send(
            f"/groups/{w.cardio.id}/join", 422, rules_version=_version(page), agreed="on"
        )
        assert "Your profession has not been checked yet" in answer.text


async def test_an_open_group_elsewhere_is_followed(tmp_path: Path) -> None:
    async with world(tmp_path) as w, w.person("carl") as carl:
        home = f"/groups/{w.run(_open_elsewhere)}"
        page = await carl.page(f"{home}/join")
        await carl.send(f"{home}/join", rules_version=_version(page), agreed="on")
        page = await carl.page(home)
        assert "You have asked to be let in" in page and "Stop following" in page
        assert "Join this group" not in page
        await carl.send(f"{home}/leave")
        assert "Join this group" in await carl.page(home)


def _open_elsewhere(unit: Unit) -> int:
    uri = "https://there.example/groups/ecg"
    values = {
        "id": unit.new_id(),
        "created_at": unit.now,
        "username": "ecg",
        "domain": "there.example",
        "uri": uri,
        "url": uri,
        "kind": "Group",
        "inbox": f"{uri}/inbox",
        "followers_uri": f"{uri}/followers",
    }
    account_rows.add(unit, values)
    instances.set_trust(unit, "command", Origin("there.example"), Trust.ALLOWED)
    group_rows.add(unit, {"account_id": values["id"], "access": "open", "rules_version": 1, "listed": True})
    return int(values["id"])


async def test_a_secret_group_is_the_page_that_is_not_there(tmp_path: Path) -> None:
    async with world(tmp_path) as w, w.person("nora") as nora, w.person("alice") as alice:
        hidden = w.run(
            groups.create,
            "command",
            "hidden",
            Settings(title="Zwetschge", access=GroupAccess.SECRET, admission=Admission.MODERATED),
            None,
        )
        w.run(groups.add, "command", hidden, w.account("alice"))
        said = await alice.send(f"/groups/{hidden.id}", text="Zwetschge is a plum")
        missing = (await nora.client.get("/groups/999999")).text
        post = said.headers["location"]
        assert "Zwetschge is a plum" in await alice.page(post)
        for path in (
            f"/groups/{hidden.id}",
            f"/groups/{hidden.id}/join",
            f"/groups/{hidden.id}/members",
            post,
        ):
            assert _without_tokens(await nora.page(path, 404)) == _without_tokens(missing)
        for path in (f"/groups/{hidden.id}", f"/groups/{hidden.id}/join", f"/groups/{hidden.id}/leave"):
            answer = await nora.send(path, 404, text="x", agreed="on", rules_version="1")
            assert "Zwetschge" not in answer.text
        assert "Zwetschge" not in await nora.page("/groups")


async def test_rules_that_changed_are_asked_again(tmp_path: Path) -> None:
    async with world(tmp_path) as w, w.person("alice") as alice:
        w.run(groups.change, "command", w.cardio, Settings(title="Cardiology", rules="Be kinder."))
        home = f"/groups/{w.cardio.id}"
        assert "The rules of this group have changed." in await alice.page(home)
        page = await alice.page(f"{home}/join")
        await alice.send(f"{home}/join", rules_version=_version(page), agreed="on")
        assert "have changed" not in await alice.page(home)


def _version(page: str) -> str:
    return page.partition('name="rules_version" value="')[2].partition('"')[0]


def _without_tokens(page: str) -> str:
    parts = page.split('name="form_token" value="')
    return parts[0] + "".join(part.partition('"')[2] for part in parts[1:])


async def test_what_identifies_a_patient_is_hidden_by_any_member(tmp_path: Path) -> None:
    async with (
        world(tmp_path) as w,
        w.person("bob") as bob,
        w.person("alice") as alice,
        w.person("carl") as carl,
    ):
        home = f"/groups/{w.cardio.id}"
        w.run(groups.add, "command", w.cardio, w.account("bob"))
        sent = await alice.send(home, text="Mrs Example, seen on Monday")
        thread = sent.headers["location"]
        post = thread.rpartition("/")[2]
        assert "It contains something that identifies a patient" in await bob.page(thread)
        await carl.send(f"{thread}/identifies", 404)
        await bob.send(f"{home}/posts/123/identifies", 404)
        await bob.send(f"{thread}/identifies")
        for person in (bob, alice):
            assert "Mrs Example" not in await person.page(home)
            await person.page(thread, 404)
            await person.send(f"{thread}/identifies", 404)
        assert "1 hidden post waits for a decision" in await alice.page(home)
        assert "hidden post" not in await bob.page(home)
        await bob.page(f"{home}/incidents", 404)
        await carl.page(f"{home}/incidents", 404)

        page = await alice.page(f"{home}/incidents")
        assert "Mrs Example" in page and "is written down" in page
        [incident] = re.findall(rf"{home}/incidents/(\d+)", page)
        await bob.send(f"{home}/incidents/{incident}", 404, act="purge")
        await alice.send(f"{home}/incidents/{incident}", 422, act="forget")
        await alice.send(f"{home}/incidents/123", 404, act="purge")
        await alice.send(f"{home}/incidents/{incident}", act="restore")
        assert "Mrs Example" in await bob.page(thread)
        await alice.send(f"{home}/incidents/{incident}", 404, act="purge")

        await alice.send(f"{thread}/identifies")
        page = await alice.page(f"{home}/incidents")
        [incident] = re.findall(rf"{home}/incidents/(\d+)", page)
        await alice.send(f"{home}/incidents/{incident}", act="purge")
        assert "Nothing is hidden" in await alice.page(f"{home}/incidents")
        await bob.page(thread, 404)
        assert w.run(visible.find, int(post)) is None


async def test_what_a_post_said_before_it_was_edited_is_removed_by_author_and_moderators(
    tmp_path: Path,
) -> None:
    async with (
        world(tmp_path) as w,
        w.person("bob") as bob,
        w.person("alice") as alice,
        w.person("carl") as carl,
    ):
        home = f"/groups/{w.cardio.id}"
        w.run(groups.add, "command", w.cardio, w.account("bob"))
        button = "Remove what it said before, everywhere"
        for author, other in ((bob, alice), (alice, bob)):
            sent = await author.send(home, text="Mrs Example, seen on Monday")
            thread = sent.headers["location"]
            post_id = int(thread.rpartition("/")[2])
            assert button not in await author.page(thread), "there is nothing of before"
            await author.send(f"{thread}/earlier", 404)
            await author.send(f"/posts/{post_id}/edit", text="Somebody, seen on Monday")
            moderates = other is alice
            assert button in await author.page(thread)
            assert (button in await other.page(thread)) == moderates
            assert len(w.run(revisions.of_post, post_id)) == 1
            await carl.send(f"{thread}/earlier", 404)
            if not moderates:
                await other.send(f"{thread}/earlier", 404)
            await (other if moderates else author).send(f"{thread}/earlier")
            assert w.run(revisions.of_post, post_id) == []
            assert button not in await author.page(thread)
            assert "Somebody, seen on Monday" in await author.page(thread)
            await author.send(f"{thread}/earlier", 404)


async def test_an_author_sees_who_may_have_a_post_and_what_became_of_it(tmp_path: Path) -> None:
    async with world(tmp_path) as w, w.person("alice") as alice, w.person("bob") as bob:
        home = f"/groups/{w.cardio.id}"
        w.run(groups.add, "command", w.cardio, w.account("bob"))
        assert "has left this institution" in await alice.page("/ledger")
        sent = await alice.send(home, text="A case with an ECG")
        thread = sent.headers["location"]
        post_id = int(thread.rpartition("/")[2])
        assert "Who may have this post" in await alice.page(thread)
        assert "Who may have this post" not in await bob.page(thread)
        assert "No other institution has it." in await alice.page(f"/ledger/{post_id}")
        await bob.page(f"/ledger/{post_id}", 404)

        def leaves(unit: Unit) -> None:
            post = visible.find(unit, post_id)
            assert post is not None
            hosts = {
                Origin("chu.example"): "base.partner-members-only",
                Origin("clinic.example"): "house.one",
            }
            ledger.may_have(unit, post.uri, hosts, Via.PUSH, post=post, digest="d" * 64)

        w.run(leaves)
        assert "2 other institutions may have it." in await alice.page("/ledger")
        await w.application._house.reads.write()
        page = await alice.page(f"/ledger/{post_id}")
        assert "Here it was shown to 1 other member." in page
        uri = w.run(ledger_rows.of_post, post_id)[0].object_uri
        [read] = w.run(reads.of_object, "command", uri)
        assert (read.username, read.read.depth) == ("bob", Depth.OPENED)
        assert "chu.example" in page and "base.partner-members-only" in page and "it was sent there" in page
        assert "It cannot prove that no copy is left" in page
        assert "ECG" not in page
        for path in (f"/ledger/{post_id}", f"/ledger/{post_id}/receipts"):
            await bob.page(path, 404)
        assert "ECG" not in await bob.page("/ledger")

        w.run(deleting.delete, w.account("alice"), post_id)

        def answered(unit: Unit) -> None:
            uri = ledger_rows.of_post(unit, post_id)[0].object_uri
            one, _ = purges.ask(unit, "test", uri, PurgeReason.DELETED)
            purges.receive_receipt(
                unit,
                one.host,
                request=one.request,
                nonce=one.nonce,
                object_uri=uri,
                status=ReceiptStatus.GONE,
                backups_expire=unit.now + timedelta(days=35),
                receipt=b'{"type":"Receipt"}',
            )

        w.run(answered)
        overview = await alice.page("/ledger")
        assert "1 has stated that it is gone." in overview and "1 answer is missing." in overview
        page = await alice.page(f"/ledger/{post_id}")
        assert "The post is gone here." in page and "you deleted it" in page
        assert "It has stated, signed, that it is gone there." in page
        assert "the answer is on its way" in page
        assert json.loads(await alice.page(f"/ledger/{post_id}/receipts")) == [{"type": "Receipt"}]


async def test_a_member_invites_from_the_page_of_members(tmp_path: Path) -> None:
    async with world(tmp_path) as w, w.person("alice") as alice, w.person("bob") as bob:
        home = f"/groups/{w.cardio.id}"
        assert "Invite somebody" in await alice.page(f"{home}/members")
        await alice.send(f"{home}/invite", 422, who="@nobody-at-all")
        await bob.send(f"{home}/invite", 404, who="@carl")
        await alice.send(f"{home}/invite", 200, who="@bob")
        assert "You are invited" in await bob.page(home) or "Decline the invitation" in await bob.page(home)
        await alice.send(f"{home}/invite", 409, who="@alice")
        w.run(group_rows.change, w.cardio.id, {"roster": "moderators"})
        w.run(groups.add, "command", w.cardio, w.account("nora"))
        async with w.person("nora") as nora:
            page = await nora.page(f"{home}/members")
            assert "Only moderators see the members" in page and "@alice" not in page
            await nora.send(f"{home}/invite", 200, who="@carl")
