"""What posts said before they were edited."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select

from server.domain.posts import Post, Revision
from server.store.session import Unit
from server.store.tables.posts import revision


def add(unit: Unit, before: Post, media: list[dict[str, str]], poll: list[str] | None) -> None:
    """Keeps what a post said before an edit."""
    unit.run(
        revision.insert(),
        {
            "id": unit.new_id(),
            "post_id": before.id,
            "summary": before.summary,
            "content": before.content,
            "sensitive": before.sensitive,
            "media": media,
            "poll": poll,
            "created_at": before.edited_at or before.published_at,
        },
    )


def remove_before(unit: Unit, post_id: int, moment: datetime) -> None:
    unit.run(delete(revision).where(revision.c.post_id == post_id, revision.c.created_at < moment))


def of_post(unit: Unit, post_id: int) -> list[Revision]:
    """Oldest first."""
    rows = unit.all(select(revision).where(revision.c.post_id == post_id).order_by(revision.c.id))
    return [
        Revision(
            id=row.id,
            post_id=row.post_id,
            summary=row.summary,
            content=row.content,
            sensitive=row.sensitive,
            media=tuple(row.media),
            poll=None if row.poll is None else tuple(row.poll),
            created_at=row.created_at,
        )
        for row in rows
    ]
