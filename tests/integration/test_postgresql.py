"""An instance on PostgreSQL: posts, home, and an exchange with one on SQLite."""

from __future__ import annotations

import pytest

from tests.support.instances import POSTGRESQL, Launcher, LiveAccount, eventually, launcher

__all__ = ["launcher"]
pytestmark = pytest.mark.slow


def texts(reader: LiveAccount) -> list[str]:
    home = reader.client.get("/api/v1/timelines/home").raise_for_status().json()
    return [post["content"] for post in home]


def follow(reader: LiveAccount, handle: str) -> str:
    found = reader.client.get("/api/v2/search", params={"q": handle, "resolve": "true", "type": "accounts"})
    account_id: str = found.raise_for_status().json()["accounts"][0]["id"]
    reader.client.post(f"/api/v1/accounts/{account_id}/follow").raise_for_status()

    def following() -> bool:
        answer = reader.client.get("/api/v1/accounts/relationships", params={"id[]": account_id})
        return bool(answer.raise_for_status().json()[0]["following"])

    eventually(following)
    return account_id


@pytest.mark.parametrize("engine", ["sqlite", POSTGRESQL])
def test_posts_cross_in_both_directions(launcher: Launcher, engine: str) -> None:
    hospital = launcher.launch("hospital", engine=engine, CONSILIUM_POSTS="public")
    society = launcher.launch("society", CONSILIUM_POSTS="public")
    hospital.connect(society)
    alice, bob = hospital.account("alice"), society.account("bob")
    follow(alice, f"@bob@{society.origin}")
    follow(bob, f"@alice@{hospital.origin}")
    alice.client.post("/api/v1/statuses", json={"status": "From the hospital"}).raise_for_status()
    bob.client.post("/api/v1/statuses", json={"status": "From the society"}).raise_for_status()
    eventually(lambda: any("From the hospital" in text for text in texts(bob)))
    eventually(lambda: any("From the society" in text for text in texts(alice)))
