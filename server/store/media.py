"""Rows of media: uploaded and waiting for a post, or shown by one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, or_, select, update

from server.domain.posts import Media, Post, Standing
from server.domain.viewers import Viewer
from server.store import posts, visibility
from server.store.session import Unit
from server.store.tables.accounts import account
from server.store.tables.posts import media, post

_BY_ID = select(media).where(media.c.id == bindparam("media_id"))
_BY_POSTS = (
    select(media)
    .where(media.c.post_id.in_(bindparam("ids", expanding=True)))
    .order_by(media.c.post_id, media.c.position, media.c.id)
)

_DEFAULTS: dict[str, Any] = {
    "post_id": None,
    "scheduled_id": None,
    "position": 0,
    "kind": "image",
    "digest": None,
    "preview_digest": None,
    "preview_mime": None,
    "remote_url": None,
    "description": "",
    "blurhash": None,
    "width": 0,
    "height": 0,
    "size": 0,
    "focus_x": 0,
    "focus_y": 0,
    "signed_digest": None,
    "original": None,
    "key_sealed": None,
    "duration": 0,
    "upload": None,
    "refusal": None,
}


def add(unit: Unit, rows: Sequence[dict[str, Any]]) -> None:
    """Rows without an id get one."""
    values = [{"created_at": unit.now, **_DEFAULTS, **row} for row in rows]
    for each in values:
        each.setdefault("id", unit.new_id())
    if values:
        unit.run(media.insert(), values)


def find(unit: Unit, media_id: int) -> Media | None:
    row = unit.first(_BY_ID, {"media_id": media_id})
    return Media(**row._asdict()) if row else None


def many(unit: Unit, ids: Iterable[int]) -> dict[int, Media]:
    wanted = list(ids)
    if not wanted:
        return {}
    rows = unit.all(select(media).where(media.c.id.in_(wanted)))
    return {row.id: Media(**row._asdict()) for row in rows}


def of_posts(unit: Unit, post_ids: Iterable[int]) -> dict[int, tuple[Media, ...]]:
    wanted = list(post_ids)
    found: dict[int, list[Media]] = {}
    if wanted:
        for row in unit.all(_BY_POSTS, {"ids": wanted}):
            found.setdefault(row.post_id, []).append(Media(**row._asdict()))
    return {post_id: tuple(each) for post_id, each in found.items()}


def change(unit: Unit, media_id: int, values: dict[str, Any]) -> None:
    unit.run(update(media).where(media.c.id == media_id).values(**values))


def attach(unit: Unit, post_id: int, media_ids: Sequence[int]) -> int:
    """Hangs media on a post, in this order; answers how many of them were still free or its own."""
    touched = 0
    for position, media_id in enumerate(media_ids):
        touched += unit.run(
            update(media)
            .where(media.c.id == media_id, or_(media.c.post_id.is_(None), media.c.post_id == post_id))
            .values(post_id=post_id, position=position)
        )
    return touched


def detach(unit: Unit, post_id: int) -> None:
    """What a post showed is an upload again, as if it had come now."""
    unit.run(
        update(media).where(media.c.post_id == post_id).values(post_id=None, position=0, created_at=unit.now)
    )


def remove_of_post(unit: Unit, post_id: int, but: Iterable[int] = ()) -> None:
    unit.run(delete(media).where(media.c.post_id == post_id, media.c.id.not_in(list(but))))


def remove(unit: Unit, media_id: int) -> None:
    unit.run(delete(media).where(media.c.id == media_id))


def unattached_before(unit: Unit, before: datetime, most: int) -> list[Media]:
    """Uploads that no post came for."""
    waiting = (media.c.post_id.is_(None), media.c.scheduled_id.is_(None), media.c.created_at < before)
    rows = unit.all(select(media).where(*waiting).limit(most))
    return [Media(**row._asdict()) for row in rows]


def of_post_with(unit: Unit, post_id: int, digest: str) -> Media | None:
    """The media of a post that show these bytes, as themselves or as their preview."""
    shows = or_(media.c.digest == digest, media.c.preview_digest == digest)
    row = unit.first(select(media).where(media.c.post_id == post_id, shows).order_by(media.c.id).limit(1))
    return Media(**row._asdict()) if row else None


def visible_post_with(unit: Unit, viewer: Viewer, digest: str) -> Post | None:
    """A post of ours, or in a group of ours, that the viewer may see and that shows these bytes."""
    holding = select(media.c.post_id).where(
        or_(media.c.digest == digest, media.c.preview_digest == digest, media.c.signed_digest == digest),
        media.c.post_id.is_not(None),
    )
    home = account.alias("home")
    in_ours = select(home.c.id).where(home.c.id == post.c.group_id, home.c.domain == "").exists()
    statement = (
        visibility.visible_posts(viewer, unit.context.settings)
        .where(post.c.id.in_(holding), or_(post.c.local, in_ours))
        .limit(1)
    )
    row = unit.first(statement, visibility.parameters(viewer))
    return posts.record(row) if row else None


def signed_as(unit: Unit, post_id: int, digest: str) -> Media | None:
    """The picture of a post whose author signed this digest."""
    statement = select(media).where(media.c.post_id == post_id, media.c.signed_digest == digest)
    row = unit.first(statement.order_by(media.c.id).limit(1))
    return Media(**row._asdict()) if row else None


def to_keep(unit: Unit, limit: int) -> list[Media]:
    """Pictures in groups of ours that are still at their authors' instances only."""
    home = account.alias("home")
    statement = (
        select(media)
        .join(post, post.c.id == media.c.post_id)
        .join(home, home.c.id == post.c.group_id)
        .where(
            media.c.signed_digest.is_not(None),
            media.c.original.is_(None),
            home.c.domain == "",
            post.c.standing == Standing.PUBLISHED.value,
        )
        .order_by(media.c.id)
        .limit(limit)
    )
    return [Media(**row._asdict()) for row in unit.all(statement)]


def waiting(unit: Unit, limit: int) -> list[Media]:
    """What was sent and is not made anew yet, the oldest first."""
    statement = select(media).where(media.c.upload.is_not(None)).order_by(media.c.id).limit(limit)
    return [Media(**row._asdict()) for row in unit.all(statement)]
