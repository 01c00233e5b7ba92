"""Attachments as entities. Links are made for one reader and end; the rest of an attachment is encoded once."""

from __future__ import annotations

from dataclasses import dataclass

from server.domain.posts import Media
from server.web.kit.media_links import Variant
from server.web.mastodon.entities.statuses import Focus, MediaAttachment, MediaMeta, Size
from server.web.mastodon.rendering.renderer import Renderer, encode

PREVIEW_EDGE = 640
KINDS = {"image", "gifv", "video", "audio"}


@dataclass(frozen=True, slots=True)
class Attachment:
    """rest: the encoded entity behind its links, from the comma on."""

    id: int
    content_class: str
    rest: bytes


def attachment(one: Media, content_class: str) -> Attachment:
    """content_class: decides how long its links live."""
    entity = {
        "remote_url": None,
        "preview_remote_url": None,
        "text_url": None,
        "id": str(one.id),
        "type": one.kind if one.kind in KINDS else "unknown",
        "meta": meta(one),
        "description": one.description or None,
        "blurhash": one.blurhash,
    }
    return Attachment(one.id, content_class, b"," + encode(entity)[1:])


def linked(renderer: Renderer, one: Attachment) -> bytes:
    """The encoded attachment with links for this reader."""
    url = renderer.links.media(one.id, renderer.viewer_id, Variant.ORIGINAL, one.content_class)
    preview = renderer.links.media(one.id, renderer.viewer_id, Variant.PREVIEW, one.content_class)
    return b'{"url":"%b","preview_url":"%b"%b' % (url.encode(), preview.encode(), one.rest)


def media(renderer: Renderer, one: Media, content_class: str = "discussion") -> bytes:
    return linked(renderer, attachment(one, content_class))


def entity(renderer: Renderer, one: Media, content_class: str = "discussion") -> MediaAttachment:
    return MediaAttachment(
        id=str(one.id),
        type="image" if one.kind == "image" else "unknown",
        url=renderer.links.media(one.id, renderer.viewer_id, Variant.ORIGINAL, content_class),
        preview_url=renderer.links.media(one.id, renderer.viewer_id, Variant.PREVIEW, content_class),
        remote_url=None,
        preview_remote_url=None,
        text_url=None,
        meta=meta(one),
        description=one.description or None,
        blurhash=one.blurhash,
    )


def meta(one: Media) -> MediaMeta:
    focus = Focus(one.focus_x / 1000, one.focus_y / 1000)
    if not one.width or not one.height:
        return MediaMeta(focus=focus)
    scale = min(1.0, PREVIEW_EDGE / max(one.width, one.height))
    small = size(max(1, round(one.width * scale)), max(1, round(one.height * scale)))
    return MediaMeta(original=size(one.width, one.height), small=small, focus=focus)


def size(width: int, height: int) -> Size:
    return Size(width, height, f"{width}x{height}", round(width / height, 6))
