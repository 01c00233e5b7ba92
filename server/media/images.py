"""The serving side of images: hands bytes to a bounded worker process and takes clean ones back.

It never imports a decoder. A worker that is slow is killed, one that dies is a refusal; at most two run at once.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from server.media.bounded import Report, worked
from server.media.limits import Crop, ImageLimits, RefusalReason
from server.media.refusals import RefusedMedia
from server.media.sniff import refuse_by_content

_WORKER = "server.media.worker"


@dataclass(frozen=True, slots=True)
class EncodedImage:
    """One file made by our encoder; its type and extension are the encoder's, not the sender's."""

    data: bytes
    digest: str
    mime: str
    extension: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class ProcessedImage:
    """original: at most 8.3 megapixels (or the crop). preview: small and still. blurhash: 4 by 3."""

    original: EncodedImage
    preview: EncodedImage
    blurhash: str
    animated: bool


class _Made(msgspec.Struct, frozen=True):
    mime: str
    extension: str
    width: int
    height: int


class _Report(Report, frozen=True):
    """The worker's report."""

    original: _Made | None = None
    preview: _Made | None = None
    blurhash: str = ""
    animated: bool = False


class ImageWorkshop:
    """Processes images within limits; made once per process."""

    def __init__(
        self, limits: ImageLimits | None = None, at_once: int = 2, scratch: Path | None = None
    ) -> None:
        self._limits = limits or ImageLimits()
        self._turns = asyncio.Semaphore(at_once)
        self._scratch = scratch

    async def process(self, source: bytes | Path, crop: Crop | None = None) -> ProcessedImage | RefusedMedia:
        """The clean image with preview and blurhash, or the reason why there is none."""
        if isinstance(source, Path):
            source = await asyncio.to_thread(_read_bounded, source, self._limits.input_bytes)
        if len(source) > self._limits.input_bytes:
            return RefusedMedia(RefusalReason.TOO_BIG)
        reason = refuse_by_content(source)
        if reason is not None:
            return RefusedMedia(reason)
        async with self._turns:
            with TemporaryDirectory(prefix="consilium-image-", dir=self._scratch) as name:
                folder = Path(name)
                await asyncio.to_thread(_lay_out, folder, source, self._limits, crop)
                report = await worked(_WORKER, folder, self._limits.deadline_seconds, _Report)
                if isinstance(report, RefusedMedia):
                    return report
                return await asyncio.to_thread(_collect, folder, report)


def _read_bounded(path: Path, most: int) -> bytes:
    with path.open("rb") as file:
        return file.read(most + 1)


def _lay_out(folder: Path, data: bytes, limits: ImageLimits, crop: Crop | None) -> None:
    (folder / "input").write_bytes(data)
    (folder / "job.json").write_bytes(msgspec.json.encode({"limits": limits, "crop": crop}))


def _collect(folder: Path, report: _Report) -> ProcessedImage | RefusedMedia:
    if report.original is None or report.preview is None:
        return RefusedMedia(RefusalReason.FAILED)
    return ProcessedImage(
        original=_encoded(folder / "original", report.original),
        preview=_encoded(folder / "preview", report.preview),
        blurhash=report.blurhash,
        animated=report.animated,
    )


def _encoded(path: Path, made: _Made) -> EncodedImage:
    data = path.read_bytes()
    return EncodedImage(data, sha256(data).hexdigest(), made.mime, made.extension, made.width, made.height)
