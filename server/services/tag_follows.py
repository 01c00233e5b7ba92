"""Tags that members follow: public posts that carry one come home. At most a few hundred for each member."""

from __future__ import annotations

from collections.abc import Iterable

from server.core.errors import Invalid
from server.domain.pages import Page
from server.store import tag_follows as rows
from server.store.session import Unit

MOST = 200


def follow(unit: Unit, account_id: int, tag: str) -> None:
    """tag: folded. Raises Invalid beyond MOST."""
    if len(rows.page(unit, account_id, Page(limit=MOST))) >= MOST and not rows.among(unit, account_id, [tag]):
        raise Invalid("You can follow at most %(most)s tags", most=MOST)
    rows.add(unit, account_id, tag)


def unfollow(unit: Unit, account_id: int, tag: str) -> None:
    rows.remove(unit, account_id, tag)


def among(unit: Unit, account_id: int, tags: Iterable[str]) -> set[str]:
    """Those of the tags that the account follows."""
    return rows.among(unit, account_id, tags)


def page(unit: Unit, account_id: int, page: Page) -> list[tuple[int, str]]:
    """With the id by which pages are bounded."""
    return rows.page(unit, account_id, page)
