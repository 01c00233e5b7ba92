"""The surfaces of sign-in, OAuth and member pages on a real database, without federation beside them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Concatenate, ParamSpec, TypeVar

import httpx

from server.core.clock import Clock, SystemClock
from server.core.context import Context
from server.core.i18n import Catalogue
from server.core.ids import Ids
from server.core.metrics import Metrics
from server.core.secrets import Sealer
from server.core.settings import Settings
from server.domain.accounts import Account
from server.domain.posts import Post, Visibility
from server.domain.users import Role
from server.media.vault import Vault
from server.services import accounts
from server.services.posts.publish import publish
from server.services.posts.writing import Draft
from server.store.session import Database, Unit
from server.web.admin.routes import ROUTES as ADMIN
from server.web.kit.auth import Principals
from server.web.kit.dispatch import Dispatch
from server.web.kit.entrance import load_session
from server.web.kit.house import House
from server.web.kit.html import page_of_error
from server.web.kit.limits import Limiter
from server.web.kit.pages import Pages
from server.web.kit.reads import Reads
from server.web.kit.routing import Route, Router
from server.web.kit.unit import Units
from server.web.media.routes import ROUTES as MEDIA
from server.web.oauth.routes import ROUTES as OAUTH
from server.web.signin.routes import ROUTES as SIGNIN
from server.web.site.routes import ROUTES as SITE
from tests.support.fresh import fresh_file
from tests.support.keys import next_rsa_key
from tests.support.passwords import quick_hash

PASSWORD = "correct horse battery"
P = ParamSpec("P")
R = TypeVar("R")
NOWHERE: Any = SimpleNamespace()


def make_database(folder: Path, clock: Clock | None = None, **settings: Any) -> Database:
    """An empty instance at http://house.localhost:8000; on PostgreSQL where `database_url` names a fresh one."""
    clock = clock or SystemClock()
    values = {
        "domain": "house.localhost:8000",
        "scheme": "http",
        "data_dir": folder,
        "rate_limits": False,
    } | settings
    if not values.get("database_url"):
        fresh_file(folder)
    return Database(Context(Settings(**values), clock, Ids(clock), Sealer(b"s" * 32), next_rsa_key))


def make_application(database: Database, *more: Route) -> Dispatch:
    context = database.context
    units = Units(database)
    principals = Principals(units, context.clock)
    database.listeners.append(lambda changes, _hints: principals.heard(changes))
    house = House(
        context=context,
        units=units,
        catalogue=Catalogue(default=context.settings.language, zone=context.settings.timezone),
        limiter=Limiter(context.clock, enabled=context.settings.rate_limits),
        principals=principals,
        pages=Pages(),
        ingress=NOWHERE,
        egress=NOWHERE,
        media=_vault(context.settings),
        health=NOWHERE,
        metrics=Metrics(),
        reads=Reads(units, context.clock),
    )
    router = Router((*OAUTH, *MEDIA, *SIGNIN, *SITE, *ADMIN, *more))
    return Dispatch(house, router, house.metrics, load_session, page_of_error)


def _vault(settings: Settings) -> Vault:
    vault = Vault(settings.data_dir / "media", reserve_bytes=0)
    vault.prepare()
    return vault


def add_person(
    database: Database, name: str, *, role: Role = Role.MEMBER, password: str | None = PASSWORD
) -> int:
    """Answers the user's id."""
    hashed = quick_hash(password) if password else None

    def make(unit: Unit) -> int:
        user, _ = accounts.create_user(
            unit, "command", name, f"{name}@house.example", password_hash=hashed, role=role, language="en"
        )
        return user.id

    return database.run_write(make)


@contextmanager
def opened(folder: Path, clock: Clock | None = None, **settings: Any) -> Iterator[Database]:
    database = make_database(folder, clock, **settings)
    try:
        yield database
    finally:
        database.close()


def browser(application: Any, database: Database) -> httpx.AsyncClient:
    """A client that keeps cookies and follows nothing by itself."""
    transport = httpx.ASGITransport(application, raise_app_exceptions=True, client=("127.0.0.1", 5000))
    return httpx.AsyncClient(transport=transport, base_url=database.context.settings.base)


async def sign_in(
    client: httpx.AsyncClient, login: str, password: str = PASSWORD, where: str = "/"
) -> httpx.Response:
    page = await client.get("/signin?again=1")
    fields = {"form_token": form_token(page), "login": login, "password": password, "next": where}
    return await client.post("/signin", data=fields)


def form_token(page: httpx.Response) -> str:
    found = re.search(r'name="form_token" value="([0-9a-f]+)"', page.text)
    assert found, page.text
    return found[1]


class Visit:
    """Somebody at their browser, and the database behind the pages."""

    def __init__(self, client: httpx.AsyncClient, database: Database) -> None:
        self.client, self.database = client, database

    def run(self, fn: Callable[Concatenate[Unit, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        return self.database.run_write(fn, *args, **kwargs)

    def account(self, name: str) -> Account:
        return self.run(accounts.get_local, name)

    def post(self, name: str, text: str, **rest: Any) -> Post:
        values: dict[str, Any] = {"text": text, "visibility": Visibility.PUBLIC} | rest
        return self.run(publish, self.account(name), Draft(**values))

    async def page(self, path: str, status: int = 200) -> str:
        answer = await self.client.get(path)
        assert answer.status_code == status, (path, answer.text)
        return answer.text

    async def send(self, path: str, status: int = 303, **fields: str) -> httpx.Response:
        token = form_token(await self.client.get("/settings"))
        answer = await self.client.post(path, data={"form_token": token, **fields})
        assert answer.status_code == status, answer.text
        return answer
