"""What a file is by its first bytes, before any decoder sees it. Names and declared types are never asked.

As images only the six formats pass. Everything else, and an image that is something else as well, has its reason. Of videos
and sound `container_of` says what they are: nothing else guesses it again.
"""

from __future__ import annotations

from enum import StrEnum, unique

from server.media.limits import RefusalReason

_HEAD = 4096
_VECTOR = (
    b"<svg",
    b"<?xml",
    b"<!doctype",
    b"<html",
    b"push graphic-context",
    b"viewbox ",
    b"#define ",
    b"%!ps",
)
_PLAYLIST = (b"#extm3u", b"ffconcat")
_PHOTO_BRANDS = {b"heic", b"heix", b"mif1", b"avif", b"avis"}
"""HEIC and AVIF. Sequences without a still picture (hevc, msf1) are videos."""
_AUDIO = (b"ID3", b"OggS", b"fLaC", b"\xff\xfb", b"\xff\xf3", b"\xff\xf1")
_OFFICE = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"{\\rtf")


@unique
class Container(StrEnum):
    """What holds a video or sound, by ffmpeg's name of what reads it."""

    MP4 = "mov"
    MATROSKA = "matroska"
    OGG = "ogg"
    MP3 = "mp3"
    FLAC = "flac"
    WAV = "wav"
    AAC = "aac"


_STARTS = (
    (b"\x1aE\xdf\xa3", Container.MATROSKA),
    (b"OggS", Container.OGG),
    (b"fLaC", Container.FLAC),
    (b"ID3", Container.MP3),
    (b"\xff\xfb", Container.MP3),
    (b"\xff\xf3", Container.MP3),
    (b"\xff\xf1", Container.AAC),
    (b"\xff\xf9", Container.AAC),
)


def container_of(head: bytes) -> Container | None:
    """None for what is neither video nor sound of the kinds that are taken."""
    if head[4:8] == b"ftyp" and not _is_image(head):
        return Container.MP4
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return Container.WAV
    return next((container for start, container in _STARTS if head.startswith(start)), None)


def refuse_by_content(data: bytes) -> RefusalReason | None:
    """None for what looks like one of the six image formats and nothing else."""
    if not data:
        return RefusalReason.EMPTY
    head = data[:_HEAD]
    if head[128:132] == b"DICM":
        return RefusalReason.DICOM
    image = _is_image(head)
    if b"%PDF-" in head[:1024]:
        return RefusalReason.AMBIGUOUS if image else RefusalReason.DOCUMENT
    return None if image else _other(head)


def _is_image(head: bytes) -> bool:
    if head[4:8] == b"ftyp":
        return head[8:12] in _PHOTO_BRANDS
    return head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a")) or (
        head[:4] == b"RIFF" and head[8:12] == b"WEBP"
    )


def _other(head: bytes) -> RefusalReason:
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith(_PLAYLIST):
        return RefusalReason.VIDEO
    if text.startswith(_VECTOR) or b"<svg" in text:
        return RefusalReason.VECTOR
    if head[4:8] == b"ftyp":
        return RefusalReason.VIDEO
    if head.startswith(b"\x1aE\xdf\xa3") or (head[:4] == b"RIFF" and head[8:12] == b"AVI "):
        return RefusalReason.VIDEO
    if head.startswith(_AUDIO) or (head[:4] == b"RIFF" and head[8:12] == b"WAVE"):
        return RefusalReason.AUDIO
    if head.startswith(_OFFICE):
        return RefusalReason.DOCUMENT
    return RefusalReason.UNSUPPORTED
