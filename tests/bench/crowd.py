"""Members and posts that are there before anything is measured: what costs the same with them and without does not grow."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import insert

from server.core.settings import Settings
from server.domain.users import Role
from server.services import accounts
from server.services.founding import open_database
from server.store.session import Unit
from server.store.tables.posts import home_entry, post
from tests.support.keys import next_rsa_key

CHUNK = 10_000
TEXT = "<p>A note of about the usual length, which says that the patient is well, that the dose was halved, and that it is number {}.</p>"


@dataclass(frozen=True, slots=True)
class Crowd:
    members: int = 0
    posts: int = 0


def add_crowd(settings: Settings, crowd: Crowd) -> None:
    """Every post is public, by one of the members in turn, and at the author's home; members share RSA keys, since nobody here signs."""
    if not crowd.members:
        return
    database = open_database(settings, rsa_key=next_rsa_key)
    try:
        authors = database.run_write(_members, crowd.members)
        for first in range(0, crowd.posts, CHUNK):
            database.run_write(_posts, authors, range(first, min(first + CHUNK, crowd.posts)))
    finally:
        database.close()


def _members(unit: Unit, count: int) -> list[int]:
    made = []
    for number in range(count):
        name = f"member{number}"
        _, account = accounts.create_user(
            unit, "command", name, f"{name}@mail.test", password_hash=None, role=Role.MEMBER
        )
        made.append(account.id)
    return made


def _posts(unit: Unit, authors: list[int], numbers: range) -> None:
    rows = []
    for number in numbers:
        row_id, uri = unit.new_id(), f"{unit.context.settings.base}/objects/{number:032x}"
        rows.append(
            {
                "id": row_id,
                "uri": uri,
                "url": uri,
                "account_id": authors[number % len(authors)],
                "local": True,
                "visibility": "public",
                "thread_id": row_id,
                "content": TEXT.format(number),
                "source": TEXT.format(number),
                "tags": [],
                "published_at": unit.now,
            }
        )
    unit.run(insert(post), rows)
    unit.run(insert(home_entry), [{"account_id": row["account_id"], "post_id": row["id"]} for row in rows])
