"""A secret group is nobody to whoever is not in it, however it is asked for: by name, by address, signed in or not."""

from __future__ import annotations

import pytest

from server.domain.accounts import Account
from server.domain.boundary import GroupAccess
from server.domain.groups import MembershipState
from server.services import accounts, groups
from server.services.groups import Settings, standing
from server.store.session import Unit
from tests.integration.api.conftest import Api

pytestmark = pytest.mark.anyio


def _hidden(unit: Unit, member_id: int) -> Account:
    made = groups.create(unit, "command", "hidden", Settings(title="Hidden", access=GroupAccess.SECRET))
    standing.settle(unit, made, accounts.get(unit, member_id), MembershipState.ACTIVE)
    return made


async def test_no_name_and_no_address_leads_to_it(api: Api) -> None:
    anna, ben = await api.member("anna"), await api.member("ben")
    group = await api.instance.database.write(_hidden, int(anna.id))
    spellings = ("@hidden@med.test", group.uri, group.url)
    for asked in spellings:
        found = await anna.get("/api/v2/search", q=asked, resolve="true")
        assert [one["id"] for one in found["accounts"]] == [str(group.id)], asked
        assert (await ben.get("/api/v2/search", q=asked, resolve="true"))["accounts"] == [], asked
    assert len(await anna.get("/api/v1/accounts/search", q="@hidden@med.test", resolve="true")) == 1
    assert await ben.get("/api/v1/accounts/search", q="@hidden@med.test", resolve="true") == []


async def test_nobody_is_told_by_discovery(api: Api) -> None:
    anna = await api.member("anna")
    group = await api.instance.database.write(_hidden, int(anna.id))
    ask = api.visitor.http.get
    for there, never in (
        ("acct:hidden@med.test", "acct:hiddem@med.test"),
        (group.uri, f"{group.uri[:-4]}0000"),
        (group.url, "https://med.test/@hiddem"),
    ):
        answers = [await ask("/.well-known/webfinger", params={"resource": one}) for one in (there, never)]
        assert answers[0].status_code == answers[1].status_code == 404
        assert answers[0].content == answers[1].content
    page = {"accept": "text/html"}
    answers = [await ask(one, headers=page) for one in (group.uri, f"{group.uri[:-4]}0000")]
    assert [one.status_code for one in answers] == [404, 404]
    assert (await ask("/.well-known/webfinger", params={"resource": "acct:anna@med.test"})).is_success
