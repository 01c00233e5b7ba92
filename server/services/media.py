"""Rows of media: who uploaded what, and which post shows it. The bytes are the vault's business.

Videos and sound wait as uploads until a job has made them anew; until then no post can show them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from server.core.errors import Conflict, Invalid, NotFound
from server.domain.accounts import Account
from server.domain.posts import Media, Post
from server.domain.viewers import Viewer
from server.store import media as rows
from server.store import posts
from server.store.session import Unit

UPLOAD = "upload"
"""What uploads that wait are sealed for."""
DESCRIPTION_LIMIT = 1500
MEDIA_LIMIT = 4
WAITING_AT_ONCE = 10


def add(unit: Unit, owner: Account, values: dict[str, Any]) -> Media:
    """values: columns of `media` that decoding found (mime, digest, sizes). Not yet on any post."""
    media_id = unit.new_id()
    description = _description(str(values.get("description", "")))
    rows.add(unit, [{**values, "id": media_id, "account_id": owner.id, "description": description}])
    return get(unit, owner, media_id)


def get(unit: Unit, owner: Account, media_id: int) -> Media:
    """Raises NotFound for somebody else's."""
    found = rows.find(unit, media_id)
    if found is None or found.account_id != owner.id:
        raise NotFound
    return found


def own(unit: Unit, owner: Account, media_ids: Sequence[int]) -> list[Media]:
    """Those of the uploads that are the owner's, in this order."""
    found = rows.many(unit, media_ids)
    return [one for each in media_ids if (one := found.get(each)) is not None and one.account_id == owner.id]


def change(
    unit: Unit,
    owner: Account,
    media_id: int,
    *,
    description: str | None = None,
    focus: tuple[int, int] | None = None,
) -> Media:
    """Changes what an upload says, before a post shows it. focus: thousandths. Raises NotFound, Conflict."""
    found = get(unit, owner, media_id)
    if found.post_id is not None:
        raise Conflict("This file is on a post: edit the post")
    values: dict[str, Any] = {}
    if description is not None:
        values["description"] = _description(description)
    if focus is not None:
        values["focus_x"], values["focus_y"] = (max(-1000, min(1000, each)) for each in focus)
    if values:
        rows.change(unit, media_id, values)
    return get(unit, owner, media_id)


def remove(unit: Unit, owner: Account, media_id: int) -> None:
    """Raises NotFound, Conflict."""
    found = get(unit, owner, media_id)
    if found.post_id is not None:
        raise Conflict("This file is on a post: delete or edit the post")
    rows.remove(unit, media_id)


def check_free(
    unit: Unit, owner: Account, media_ids: Sequence[int], on_post: int | None = None
) -> tuple[int, ...]:
    """Media that a post may show: the owner's, finished, and on no other post. Raises Invalid."""
    wanted = tuple(dict.fromkeys(media_ids))
    if len(wanted) > MEDIA_LIMIT:
        raise Invalid("A post shows at most %(most)s files", most=MEDIA_LIMIT)
    found = rows.many(unit, wanted)
    for media_id in wanted:
        media = found.get(media_id)
        if media is None or media.account_id != owner.id:
            raise Invalid("One of the files is not there; upload it again")
        if media.post_id not in {None, on_post}:
            raise Invalid("One of the files is on another post already")
        if media.scheduled_id is not None:
            raise Invalid("One of the files is on a scheduled post already")
        if media.upload is not None:
            raise Invalid("One of the files is still being made ready; try again in a moment")
        if media.refusal is not None:
            raise Invalid("One of the files could not be made ready; take another one")
    if len(wanted) > 1 and any(found[each].is_recording for each in wanted):
        raise Invalid("A video or sound file is the only file of its post")
    return wanted


def check_confined(unit: Unit, media_ids: Sequence[int]) -> None:
    """What is said in a members-only group, or aside from it, shows pictures only. Raises Invalid."""
    if any(each.is_recording for each in rows.many(unit, media_ids).values()):
        raise Invalid("Videos and sound files are not accepted in members-only groups; pictures are")


def waiting(unit: Unit) -> list[Media]:
    """Uploads that are to be made anew, the oldest first."""
    return rows.waiting(unit, WAITING_AT_ONCE)


def made(unit: Unit, media_id: int, values: dict[str, Any]) -> None:
    """An upload was made anew. values: columns of `media` that were found doing so."""
    _ended(unit, media_id, values)


def refused(unit: Unit, media_id: int, reason: str) -> None:
    """An upload could not be made anew."""
    _ended(unit, media_id, {"refusal": reason})


def _ended(unit: Unit, media_id: int, values: dict[str, Any]) -> None:
    one = rows.find(unit, media_id)
    if one is None:
        return  # its owner took it away meanwhile
    rows.change(unit, media_id, {**values, "upload": None})
    if one.post_id is not None:
        posts.touch(unit, one.post_id)


def descriptions(unit: Unit, media_ids: Sequence[int]) -> dict[int, str]:
    """What the images say to those who do not see them."""
    return {media_id: each.description for media_id, each in rows.many(unit, media_ids).items()}


def attach(unit: Unit, post: Post, media_ids: Sequence[int]) -> None:
    """Raises Conflict when another post took one of them meanwhile."""
    if media_ids and rows.attach(unit, post.id, media_ids) != len(media_ids):
        raise Conflict("One of the files is on another post already")


def find(unit: Unit, media_id: int) -> Media | None:
    """For serving after `may_see`."""
    return rows.find(unit, media_id)


def may_see(unit: Unit, viewer: Viewer, media: Media, owner_id: int | None = None) -> bool:
    """Whether the viewer sees the post that shows it; an upload is its owner's alone."""
    if media.post_id is None:
        return owner_id is not None and media.account_id == owner_id
    return shown_by(unit, viewer, media) is not None


def shown_by(unit: Unit, viewer: Viewer, media: Media) -> Post | None:
    """The post that shows it, where the viewer sees that; None also for an upload."""
    if media.post_id is None:
        return None
    return posts.visible(unit, viewer, (media.post_id,)).get(media.post_id)


def of_post_with(unit: Unit, post_id: int, digest: str) -> Media | None:
    """The media of a post that show these bytes."""
    return rows.of_post_with(unit, post_id, digest)


def signed_as(unit: Unit, post_id: int, digest: str) -> Media | None:
    """The picture of a post whose author signed this digest."""
    return rows.signed_as(unit, post_id, digest)


def visible_post_with(unit: Unit, viewer: Viewer, digest: str) -> Post | None:
    """A post that shows these bytes to the viewer."""
    return rows.visible_post_with(unit, viewer, digest)


def _description(text: str) -> str:
    if len(text) > DESCRIPTION_LIMIT:
        raise Invalid("A description has at most %(most)s characters", most=DESCRIPTION_LIMIT)
    return text.strip()
