"""Pictures of posts from other instances, once their bytes are here."""

from __future__ import annotations

from typing import Any

from server.domain.posts import Media
from server.services import boundary
from server.services.boundary import Crossing
from server.store import media as rows
from server.store import posts
from server.store.session import Unit


def crossing(unit: Unit, one: Media) -> Crossing | None:
    """What fetching it is to the policy; None where no post shows it any more."""
    post = posts.find(unit, one.post_id) if one.post_id is not None else None
    return None if post is None else boundary.of_post(unit, post, [one])


def key(unit: Unit, one: Media) -> bytes | None:
    """What opens its bytes in the vault; None where they are not encrypted."""
    return None if one.key_sealed is None else unit.context.sealer.open(_purpose(one.id), one.key_sealed)


def sealed_key(unit: Unit, media_id: int, opened: bytes) -> bytes:
    """As it is kept."""
    return unit.context.sealer.seal(_purpose(media_id), opened)


def _purpose(media_id: int) -> str:
    return f"media:{media_id}"


def to_keep(unit: Unit, limit: int = 20) -> list[Media]:
    """Pictures that were posted to groups of ours from elsewhere, and are not here yet."""
    return rows.to_keep(unit, limit)


def kept(unit: Unit, media_id: int, original: str, opened: bytes) -> None:
    """The bytes are in the vault, under the name `original`, encrypted with a key that goes with the post."""
    found = rows.find(unit, media_id)
    if found is not None and key(unit, found) in {None, opened}:
        rows.change(unit, media_id, {"original": original, "key_sealed": sealed_key(unit, media_id, opened)})


def waits(unit: Unit, media_id: int, upload: str) -> None:
    """The bytes of a video or sound are in the vault, sealed, and wait to be made anew."""
    one = rows.find(unit, media_id)
    if one is not None and one.digest is None:
        rows.change(unit, media_id, {"upload": upload})


def arrived(unit: Unit, media_id: int, values: dict[str, Any]) -> None:
    """values: columns of `media` that decoding found; `key` where they are encrypted. The post's entity shows them from now on."""
    one = rows.find(unit, media_id)
    if one is None or one.post_id is None:
        return
    opened = values.pop("key", None)
    if opened is not None and key(unit, one) not in {None, opened}:
        return  # encrypted meanwhile with another key: had again when it is asked for
    if opened is not None:
        values["key_sealed"] = sealed_key(unit, media_id, opened)
    rows.change(unit, media_id, values)
    posts.touch(unit, one.post_id)
