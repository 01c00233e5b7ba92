"""Served instances behind TLS, with members, for real clients."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from server.services.founding import open_database
from tests.support.instances import PASSWORD, Launcher, LiveAccount, LiveInstance, launcher
from tests.support.live_groups import checked
from tests.support.members import add_members, settings_of
from tests.support.ports import free_port
from tests.support.tls import tls_front

__all__ = ["launcher"]


@dataclass(frozen=True)
class Served:
    """base: https. authority: file of the CA to trust."""

    instance: LiveInstance
    base: str
    authority: Path
    members: dict[str, LiveAccount]

    @property
    def environment(self) -> dict[str, str]:
        """What the clients' sessions want to know."""
        tokens = {f"{name.upper()}_TOKEN": one.token for name, one in self.members.items()}
        names = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CA_FILE", "NODE_EXTRA_CA_CERTS")
        trust = dict.fromkeys(names, str(self.authority))
        return {"BASE_URL": self.base, **trust, **tokens}


@contextmanager
def house(launcher: Launcher, folder: Path, posts: str, *names: str) -> Iterator[tuple[LiveInstance, Served]]:
    """An instance behind TLS, with members. Calls are counted, as where people work."""
    port = free_port()
    instance = launcher.prepare("clinic", CONSILIUM_POSTS=posts, CONSILIUM_RATE_LIMITS="on")
    instance.origin = f"localhost:{port}"
    instance.environment |= {"CONSILIUM_DOMAIN": instance.origin, "CONSILIUM_SCHEME": "https"}
    instance.start()
    members = {one.name: one for one in add_members(instance, *names, password=PASSWORD)}
    instance.hear()
    with tls_front(folder, port, instance.port) as authority:
        yield instance, Served(instance, f"https://localhost:{port}", authority, members)


@pytest.fixture
def served(launcher: Launcher, tmp_path: Path) -> Iterator[Served]:
    with house(launcher, tmp_path, "public", "alice", "bob", "carol") as (_, served):
        for one in served.members.values():
            # the sessions expect what Mastodon starts with, where an answer is for everybody
            answer = one.client.patch(
                "/api/v1/accounts/update_credentials", json={"source": {"privacy": "public"}}
            )
            answer.raise_for_status()
        yield served


@pytest.fixture
def rooms(launcher: Launcher, tmp_path: Path) -> Iterator[Served]:
    """A house where everything is said in groups: alice, bob and carol are doctors; carol's group admits whoever asks."""
    with house(launcher, tmp_path, "groups", "alice", "bob", "carol", "dora") as (instance, served):
        database = open_database(settings_of(instance))
        try:
            for name in ("alice", "bob", "carol"):
                database.run_write(checked, name)
        finally:
            database.close()
        make = ("group", "create", "cardio", "--title", "Cardio", "--founder", "carol")
        instance.command(*make, "--admission", "automatic")
        instance.hear()
        yield served
