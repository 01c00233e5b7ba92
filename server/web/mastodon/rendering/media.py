"""Attachments as entities. Links are made for one reader and end; the rest of an attachment is encoded once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from msgspec.structs import replace

from server.domain.posts import Media
from server.web.kit.media_links import Variant
from server.web.mastodon.entities.statuses import Focus, MediaAttachment, MediaMeta, Size
from server.web.mastodon.rendering.renderer import Renderer, encode

PREVIEW_EDGE = 640
KINDS: dict[str, Literal["image", "gifv", "video", "audio"]] = {
    "image": "image",
    "gifv": "gifv",
    "video": "video",
    "audio": "audio",
}


@dataclass(frozen=True, slots=True)
class Attachment:
    """is_pictured: whether there is a preview. rest: the encoded entity behind its links, from the comma on."""

    id: int
    content_class: str
    is_pictured: bool
    rest: bytes


def attachment(one: Media, content_class: str) -> Attachment:
    """content_class: decides how long its links live."""
    entity = {
        "remote_url": None,
        "preview_remote_url": None,
        "text_url": None,
        "id": str(one.id),
        "type": _type(one),
        "meta": meta(one),
        "description": one.description or None,
        "blurhash": one.blurhash,
    }
    return Attachment(one.id, content_class, one.kind != "audio", b"," + encode(entity)[1:])


def linked(renderer: Renderer, one: Attachment) -> bytes:
    """The encoded attachment with links for this reader."""
    url = renderer.links.media(one.id, renderer.viewer_id, Variant.ORIGINAL, one.content_class)
    if not one.is_pictured:
        return b'{"url":"%b","preview_url":null%b' % (url.encode(), one.rest)
    preview = renderer.links.media(one.id, renderer.viewer_id, Variant.PREVIEW, one.content_class)
    return b'{"url":"%b","preview_url":"%b"%b' % (url.encode(), preview.encode(), one.rest)


def media(renderer: Renderer, one: Media, content_class: str = "discussion") -> bytes:
    made = attachment(one, content_class)
    return (
        linked(renderer, made)
        if one.is_finished or one.remote_url
        else b'{"url":null,"preview_url":null%b' % made.rest
    )


def _type(one: Media) -> Literal["unknown", "image", "gifv", "video", "audio"]:
    return KINDS.get(one.kind, "unknown")


def entity(renderer: Renderer, one: Media, content_class: str = "discussion") -> MediaAttachment:
    return MediaAttachment(
        id=str(one.id),
        type=_type(one),
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
        return MediaMeta(original=played(one, Size()) if one.duration else None, focus=focus)
    scale = min(1.0, PREVIEW_EDGE / max(one.width, one.height))
    small = size(max(1, round(one.width * scale)), max(1, round(one.height * scale)))
    return MediaMeta(original=played(one, size(one.width, one.height)), small=small, focus=focus)


def played(one: Media, original: Size) -> Size:
    """With what a player shows before it plays."""
    if not one.duration:
        return original
    return replace(original, duration=one.duration / 1000, bitrate=one.size * 8000 // one.duration)


def size(width: int, height: int) -> Size:
    return Size(width, height, f"{width}x{height}", round(width / height, 6))
