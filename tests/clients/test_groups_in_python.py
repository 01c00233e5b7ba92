"""Mastodon.py and toot, unmodified, in a members-only group: found, asked for, read, written to, answered aside, forgotten."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from mastodon import Mastodon
from mastodon.errors import MastodonAPIError, MastodonNotFoundError

from tests.clients.conftest import Served
from tests.support.instances import eventually

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::DeprecationWarning")]


def toot(house: Served, folder: Path, name: str, *arguments: str, status: int = 0) -> str:
    """What it prints, as the member. Signed in by a token: its real login is a test of the pages."""
    where = house.base.removeprefix("https://")
    config = folder / name / "toot" / "config.json"
    config.parent.mkdir(parents=True, exist_ok=True)
    app = {"instance": where, "base_url": house.base, "client_id": "x", "client_secret": "x"}
    user = {"instance": where, "username": name, "access_token": house.members[name].token}
    key = f"{name}@{where}"
    config.write_text(json.dumps({"apps": {where: app}, "users": {key: user}, "active_user": key}))
    done = subprocess.run(
        [Path(sys.executable).with_name("toot"), *arguments],
        env={
            **os.environ,
            **house.environment,
            "XDG_CONFIG_HOME": str(folder / name),
            "TOOT_ENVVAR_PREFIX": "",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode == 0) is (status == 0), done.stdout + done.stderr
    return done.stdout + done.stderr


def test_a_group(rooms: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(rooms.authority))
    alice, carol, dora = (
        Mastodon(access_token=rooms.members[name].token, api_base_url=rooms.base)
        for name in ("alice", "carol", "dora")
    )
    found: Any = alice.search("@cardio", result_type="accounts").accounts[0]
    assert found.group and found.locked
    assert alice.account_follow(found).requested
    asked = eventually(lambda: [one.last_status for one in alice.conversations()])
    assert f"/groups/{found.id}/join" in asked[0].content
    toot(rooms, tmp_path, "bob", "follow", "cardio")
    for name in ("alice", "bob"):  # who confirms on the page: a test of masto.js and of the pages
        rooms.instance.command("group", "add", "cardio", name)
    eventually(lambda: alice.account_relationships(found)[0].following)

    said = alice.status_post("@cardio An ECG with ST elevation", visibility="public")
    assert (said.visibility, [one.acct for one in said.mentions]) == ("private", ["cardio"])
    room = next(one for one in alice.lists() if "Cardio" in one.title)
    assert [one.id for one in carol.timeline_list(room)] == [said.id]
    assert "An ECG with ST elevation" in toot(rooms, tmp_path, "bob", "timelines", "list", room.title)
    assert [one.reblog.id for one in carol.timeline_home() if one.account.id == found.id] == [said.id]
    with pytest.raises(MastodonNotFoundError):
        dora.status(said)
    assert dora.account_statuses(found) == []

    answer = ("post", "--reply-to", str(said.id), "--json")
    open_answer = json.loads(toot(rooms, tmp_path, "bob", *answer, "-v", "public", "Cath lab"))
    aside = json.loads(toot(rooms, tmp_path, "bob", *answer, "-v", "direct", "@alice Only you"))
    assert (open_answer["visibility"], aside["visibility"]) == ("private", "direct")
    assert {str(one.id) for one in alice.status_context(said).descendants} == {open_answer["id"], aside["id"]}
    assert {str(one.id) for one in carol.status_context(said).descendants} == {open_answer["id"]}

    with pytest.raises(MastodonAPIError, match="mention one group"):
        alice.status_post("The patient of bed nine", visibility="public")
    assert "mention one group" in toot(rooms, tmp_path, "bob", "post", "The patient of bed nine", status=1)
    words = eventually(lambda: [str(one) for one in alice.conversations() if "named no group" in str(one)])
    assert "bed nine" not in words[0]
    alice.account_unfollow(found)
    with pytest.raises(MastodonNotFoundError):
        alice.timeline_list(room)
