"""A served instance behind TLS, with three members, for real clients."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.instances import Launcher, LiveAccount, launcher
from tests.support.ports import free_port
from tests.support.tls import tls_front

__all__ = ["launcher"]


@dataclass(frozen=True)
class Served:
    """base: https. authority: file of the CA to trust."""

    base: str
    authority: Path
    members: dict[str, LiveAccount]

    @property
    def environment(self) -> dict[str, str]:
        """What the clients' sessions want to know."""
        tokens = {f"{name.upper()}_TOKEN": one.token for name, one in self.members.items()}
        trust = dict.fromkeys(("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CA_FILE"), str(self.authority))
        return {"BASE_URL": self.base, **trust, **tokens}


@pytest.fixture
def served(launcher: Launcher, tmp_path: Path) -> Iterator[Served]:
    port = free_port()
    instance = launcher.prepare("clinic", CONSILIUM_POSTS="public")
    instance.origin = f"localhost:{port}"
    instance.environment |= {"CONSILIUM_DOMAIN": instance.origin, "CONSILIUM_SCHEME": "https"}
    instance.start()
    members = {name: instance.account(name) for name in ("alice", "bob", "carol")}
    for one in members.values():
        # the sessions expect what Mastodon starts with, where an answer is for everybody
        answer = one.client.patch(
            "/api/v1/accounts/update_credentials", json={"source": {"privacy": "public"}}
        )
        answer.raise_for_status()
    with tls_front(tmp_path, port, instance.port) as authority:
        yield Served(f"https://localhost:{port}", authority, members)
