"""A whole instance in this process, with members who call its client API; every answer is checked for its shape."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from server.app import Instance, running
from server.core.clock import Clock
from server.core.secrets import load_or_create_secret
from server.core.settings import load_settings
from server.domain.accounts import Account
from server.domain.users import Role
from server.services import accounts, tokens
from server.services.founding import open_database
from server.store import accounts as account_rows
from server.web.kit.unit import Unit
from tests.support.api_answers import check
from tests.support.fresh import fresh_file, fresh_postgresql
from tests.support.instances import POSTGRESQL
from tests.support.keys import next_rsa_key

ALL_SCOPES = "read write follow push"
DOMAIN = "med.test"


@dataclass
class Caller:
    """Somebody with an app. id: of the account, "" for a visitor."""

    http: httpx.AsyncClient
    id: str = ""
    name: str = ""

    async def ask(self, method: str, path: str, status: int = 200, **rest: Any) -> Any:
        """The decoded answer, after its status and its shape were checked."""
        response = await self.answer(method, path, **rest)
        assert response.status_code == status, (
            f"{method} {path}: {response.status_code} {response.text[:300]}"
        )
        return response.json()

    async def answer(self, method: str, path: str, **rest: Any) -> httpx.Response:
        response = await self.http.request(method, path, **rest)
        check(response)
        return response

    async def get(self, path: str, status: int = 200, **params: Any) -> Any:
        return await self.ask("GET", path, status, params=params)

    async def post(self, path: str, status: int = 200, **fields: Any) -> Any:
        return await self.ask("POST", path, status, data=fields)

    async def say(self, text: str, **fields: Any) -> Any:
        return await self.ask("POST", "/api/v1/statuses", data={"status": text, **fields})


@dataclass
class Api:
    """The instance under test."""

    instance: Instance
    member: Callable[..., Awaitable[Caller]]
    visitor: Caller


def _join(unit: Unit, name: str, scopes: str) -> tuple[int, str]:
    user, account = accounts.create_user(
        unit, "command", name, f"{name}@mail.test", password_hash=None, role=Role.MEMBER
    )
    minted = tokens.mint(
        unit, tokens.command_app(unit), tokens.check_scopes(scopes), user_id=user.id, account_id=account.id
    )
    return account.id, minted.text


def remote(unit: Unit, name: str, domain: str) -> Account:
    """Somebody on another instance, as if looked up there."""
    uri = f"https://{domain}/users/{name}"
    values = {
        "id": unit.new_id(),
        "created_at": unit.now,
        "username": name,
        "domain": domain,
        "uri": uri,
        "url": f"https://{domain}/@{name}",
        "kind": "Person",
        "inbox": f"{uri}/inbox",
        "followers_uri": f"{uri}/followers",
    }
    account_rows.add(unit, values)
    found = account_rows.find_by_uri(unit, uri)
    assert found is not None
    return found


@pytest.fixture
def settings_of() -> dict[str, Any]:
    """A test may ask for other settings."""
    return {}


@pytest.fixture
def clock() -> Clock | None:
    """A test may hand in its own."""
    return None


@pytest.fixture
async def api(tmp_path: Path, settings_of: dict[str, Any], clock: Clock | None) -> AsyncIterator[Api]:
    wanted = {
        "domain": DOMAIN,
        "scheme": "https",
        "data_dir": tmp_path,
        "posts": "public",
        "rate_limits": True,
    }
    if os.environ.get("CONSILIUM_TEST_ENGINE") == POSTGRESQL:
        wanted["database_url"] = fresh_postgresql()
    else:
        fresh_file(tmp_path)
    settings = load_settings(**(wanted | settings_of))
    load_or_create_secret(settings.secret_path)
    database = open_database(settings, clock, rsa_key=next_rsa_key)
    async with AsyncExitStack() as stack:
        stack.callback(database.close)
        instance = await stack.enter_async_context(running(database))
        transport = httpx.ASGITransport(app=instance)

        async def client(token: str | None) -> httpx.AsyncClient:
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            made = httpx.AsyncClient(transport=transport, base_url=settings.base, headers=headers)
            return await stack.enter_async_context(made)

        async def member(name: str, scopes: str = ALL_SCOPES) -> Caller:
            account_id, token = await database.write(_join, name, scopes)
            return Caller(await client(token), str(account_id), name)

        yield Api(instance, member, Caller(await client(None)))
