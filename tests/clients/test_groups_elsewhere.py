"""Groups that live on other instances, in the libraries that apps are written with: one's own post there that is asked for, or refused.

Its author sees it, and may take it back; a colleague who is in the same group does not; a message says why it was refused.
"""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from mastodon import Mastodon
from mastodon.errors import MastodonAPIError, MastodonNotFoundError
from sqlalchemy import update

from server.store import accounts as account_rows
from server.store.session import Unit
from server.store.tables.groups import membership
from tests.clients.test_apps import APPS, LIBRARIES
from tests.support.instances import PASSWORD, Launcher, LiveInstance, eventually
from tests.support.live_groups import Circle, Doctor, LiveGroup, checked
from tests.support.members import add_members
from tests.support.node import environment, installed, node
from tests.support.pictures import png

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::DeprecationWarning")]


class AtLocalhost(Launcher):
    """The hospital has the one name that every client can resolve."""

    def prepare(self, name: str, **given: Any) -> LiveInstance:
        instance = super().prepare(name, **given)
        if name == "hospital":
            instance.origin = f"localhost:{instance.port}"
            instance.base = f"http://{instance.origin}"
            instance.environment["CONSILIUM_DOMAIN"] = instance.origin
        return instance


@dataclass(frozen=True)
class World:
    """alice and bob are at the hospital and in both groups. away's instance is down; strict's has removed alice, and she was never told."""

    hospital: LiveInstance
    away: LiveGroup
    strict: LiveGroup
    alice: Doctor
    bob: Doctor


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    launcher = AtLocalhost(tmp_path_factory.mktemp("elsewhere"))
    try:
        circle = Circle(launcher, "hospital", "society", "clinic")
        hospital = circle["hospital"]
        away, strict = circle.group("clinic", "away"), circle.group("society", "strict")
        alice, bob = (
            Doctor(live, hospital, circle.run(hospital, checked, live.name))
            for live in add_members(hospital, "alice", "bob", password=PASSWORD)
        )
        for group in (away, strict):
            for one in (alice, bob):
                circle.join(group, one)
        circle.run(circle["society"], _removed(alice.account.uri))
        circle["clinic"].stop()
        hospital.hear()
        yield World(hospital, away, strict, alice, bob)
    finally:
        launcher.close()


def _removed(uri: str) -> Callable[[Unit], None]:
    def remove(unit: Unit) -> None:
        member = account_rows.find_by_uri(unit, uri)
        assert member is not None
        unit.run(update(membership).where(membership.c.account_id == member.id).values(state="removed"))

    return remove


def test_mastodon_py(world: World) -> None:
    alice, bob = (
        Mastodon(access_token=one.live.token, api_base_url=world.hospital.base)
        for one in (world.alice, world.bob)
    )
    for group, explanation in ((world.away, ""), (world.strict, "was not published")):
        said: Any = alice.status_post(f"{group.handle} An ECG with zebrafinch waves", visibility="public")
        assert (said.visibility, [f"@{one.acct}" for one in said.mentions]) == ("private", [group.handle])
        if explanation:
            told = eventually(
                lambda: [str(c) for c in alice.conversations() if "was not published" in str(c)]
            )
            assert "zebrafinch" not in told[0]
        assert said.id in [one.id for one in alice.account_statuses(alice.me())]
        with pytest.raises(MastodonNotFoundError):
            bob.status(said)
        with pytest.raises(MastodonAPIError, match="not published"):
            alice.status_post("One more thing", in_reply_to_id=said)
        assert alice.status_delete(said).id == said.id
        assert said.id not in [one.id for one in alice.account_statuses(alice.me())]


@pytest.mark.parametrize("library", LIBRARIES)
def test_libraries_of_apps(world: World, library: str) -> None:
    folder = installed(APPS)
    binary, _ = node()
    told = {"BASE_URL": world.hospital.base, "AWAY": world.away.handle, "STRICT": world.strict.handle}
    picture = base64.b64encode(png(2, 2)).decode()
    done = subprocess.run(
        [binary, f"{library}.mjs", "elsewhere"],
        cwd=folder,
        env=environment(**told, PASSWORD=PASSWORD, PICTURE=picture),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "elsewhere: all of it happened" in done.stdout, done.stdout
