"""A small house for tests of services: a real database, a clock moved by hand, accounts from near and far.

`house` runs on SQLite; a test that wants PostgreSQL as well takes `any_house`, whose PostgreSQL parameter is slow.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import pytest

from federation.types import Iri
from server.core.clock import FixedClock
from server.core.context import Context
from server.core.ids import Ids
from server.core.secrets import Sealer
from server.core.settings import Settings
from server.domain.accounts import Account
from server.domain.posts import Post, PostKind, Visibility
from server.services import accounts as account_service
from server.services.posts.publish import publish
from server.services.posts.receive import Incoming, receive
from server.services.posts.writing import Draft
from server.store import accounts
from server.store import events as event_rows
from server.store.session import Database, Unit
from tests.support.fresh import fresh_file, fresh_postgresql
from tests.support.keys import next_rsa_key

P = ParamSpec("P")
R = TypeVar("R")

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SQLITE = "sqlite"
POSTGRESQL = "postgresql"


@dataclass
class House:
    """One instance's database with what tests ask of it."""

    database: Database
    clock: FixedClock
    serial: int = 0
    known: dict[str, Account] = field(default_factory=dict)

    def run(self, fn: Callable[Concatenate[Unit, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """A unit of its own, a second later."""
        self.clock.advance(timedelta(seconds=1))
        return self.database.run_write(fn, *args, **kwargs)

    def read(self, fn: Callable[Concatenate[Unit, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        return self.database.run_read(fn, *args, **kwargs)

    def local(self, name: str, **columns: Any) -> Account:
        """A member's account (without keys: nothing here signs)."""
        public_id = secrets.token_hex(16)
        uri = f"https://here.example/actors/{public_id}"
        return self._add(name, "", uri, {"public_id": public_id, **columns})

    def remote(self, name: str, domain: str = "there.example", **columns: Any) -> Account:
        return self._add(name, domain, f"https://{domain}/users/{name}", columns)

    def _add(self, name: str, domain: str, uri: str, columns: dict[str, Any]) -> Account:
        values = {
            "username": name,
            "domain": domain,
            "uri": uri,
            "url": f"https://{domain or 'here.example'}/@{name}",
            "kind": "Person",
            "inbox": f"{uri}/inbox",
            "shared_inbox": f"https://{domain or 'here.example'}/inbox",
            "followers_uri": f"{uri}/followers",
            "display_name": name,
            "default_visibility": "public",
            **columns,
        }

        def store(unit: Unit) -> Account:
            accounts.add(unit, {"id": unit.new_id(), "created_at": unit.now, **values})
            found = accounts.find_by_uri(unit, values["uri"])
            assert found is not None
            return found

        return self.run(store)

    def account(self, account: Account) -> Account:
        """As it is now."""
        return self.read(account_service.get, account.id)

    def post(self, author: Account, text: str = "Bonjour", **draft: Any) -> Post:
        return self.run(publish, author, Draft(text=text, **draft))

    def incoming(self, author: Account, **values: Any) -> Incoming:
        self.serial += 1
        uri = Iri(f"{author.uri}/notes/{self.serial}")
        return Incoming(
            **{
                "uri": uri,
                "url": uri,
                "kind": PostKind.NOTE,
                "visibility": Visibility.PUBLIC,
                "content": "<p>Hello</p>",
                "published_at": self.clock.now(),
                **values,
            }
        )

    def arrive(self, author: Account, **values: Any) -> Post:
        """A post from elsewhere that is stored in any case."""
        post, _ = self.run(receive, author, self.incoming(author, **values), wanted=True)
        assert post is not None
        return post

    def events(self) -> list[tuple[str, dict[str, int | str]]]:
        """Kinds and payloads of everything that happened, oldest first."""
        return [(event.kind.value, event.payload) for event in self.read(event_rows.due, 1000)]


@contextmanager
def open_house(folder: Path, engine: str = SQLITE, **overrides: Any) -> Iterator[House]:
    """A house on an empty database; for tests that build several, such as properties."""
    if engine == SQLITE:
        fresh_file(folder)
    settings = Settings(
        **{
            "domain": "here.example",
            "posts": "public",
            "data_dir": folder,
            "database_url": "" if engine == SQLITE else fresh_postgresql(),
            **overrides,
        }
    )
    clock = FixedClock(START)
    database = Database(Context(settings, clock, Ids(clock), Sealer(b"x" * 32), next_rsa_key))
    try:
        yield House(database, clock)
    finally:
        database.close()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path) as opened:
        yield opened


@pytest.fixture(params=[SQLITE, pytest.param(POSTGRESQL, marks=pytest.mark.slow)])
def any_house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path, request.param) as opened:
        yield opened
