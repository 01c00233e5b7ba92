"""Who favourited and who boosted a post, for those who may see the post. Raises NotFound for everybody else."""

from __future__ import annotations

from server.domain.accounts import Account
from server.domain.pages import Page
from server.domain.viewers import Member, Viewer
from server.services.posts import visible
from server.store import reactions as rows
from server.store.session import Unit


def favourited_by(unit: Unit, viewer: Viewer, post_id: int, page: Page) -> list[tuple[int, Account]]:
    """With the id by which pages are bounded."""
    post = visible.visible_original(unit, viewer, post_id)
    return rows.favourited_by(unit, post.id, _id(viewer), page)


def boosted_by(unit: Unit, viewer: Viewer, post_id: int, page: Page) -> list[tuple[int, Account]]:
    """With the id by which pages are bounded."""
    post = visible.visible_original(unit, viewer, post_id)
    return rows.boosted_by(unit, post.id, _id(viewer), page)


def _id(viewer: Viewer) -> int:
    return viewer.account_id if isinstance(viewer, Member) else 0
