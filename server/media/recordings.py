"""The serving side of videos and sound: hands bytes to a bounded worker process that has ffmpeg make them anew.

Where ffmpeg is missing, everything is refused. Its picture and blurhash are those of a frame, made as any image is.
"""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass
from enum import StrEnum, unique
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from server.media.bounded import Report, worked
from server.media.images import EncodedImage, ImageWorkshop
from server.media.limits import RecordingLimits, RefusalReason
from server.media.refusals import RefusedMedia
from server.media.sniff import Container, container_of, refuse_by_content

_WORKER = "server.media.recording_worker"
_PROGRAMS = ("ffmpeg", "ffprobe")
VIDEO_MIME, SOUND_MIME = "video/mp4", "audio/mp4"
VIDEO_TYPES = ("video/mp4", "video/quicktime", "video/webm", "video/x-m4v", "video/ogg")
SOUND_TYPES = (
    *(
        "audio/mpeg",
        "audio/mp3",
        "audio/mp4",
        "audio/m4a",
        "audio/x-m4a",
        "audio/aac",
        "audio/ogg",
        "audio/webm",
    ),
    *("audio/flac", "audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave"),
)
"""What apps may send; the bytes decide."""


@unique
class RecordingKind(StrEnum):
    """As apps call it: a video without sound plays by itself like an animation."""

    VIDEO = "video"
    SILENT = "gifv"
    SOUND = "audio"


def looks_recorded(data: bytes) -> bool:
    """Whether it is video or sound by its first bytes, of a kind that is taken or not."""
    return bool(data) and refuse_by_content(data) in {RefusalReason.VIDEO, RefusalReason.AUDIO}


def expected(data: bytes) -> RecordingKind:
    """What it will probably be, before it is decoded."""
    container = container_of(data[:64])
    moving = container is Container.MATROSKA or (container is Container.MP4 and data[8:11] != b"M4A")
    return RecordingKind.VIDEO if moving else RecordingKind.SOUND


@dataclass(frozen=True, slots=True)
class ProcessedRecording:
    """duration: milliseconds. preview, blurhash: of a frame; sound has none."""

    kind: RecordingKind
    mime: str
    data: bytes
    digest: str
    width: int
    height: int
    duration: int
    preview: EncodedImage | None
    blurhash: str | None


class _Report(Report, frozen=True):
    """The worker's report."""

    moves: bool = False
    sounds: bool = False
    width: int = 0
    height: int = 0
    duration: int = 0


def missing_programs() -> list[str]:
    """What would have to be installed before videos and sound are taken."""
    return [program for program in _PROGRAMS if shutil.which(program) is None]


class RecordingWorkshop:
    """Processes videos and sound within limits, one at a time; made once per process."""

    def __init__(
        self, images: ImageWorkshop, limits: RecordingLimits | None = None, scratch: Path | None = None
    ) -> None:
        self._images = images
        self._limits = limits or RecordingLimits()
        self._scratch = scratch
        self._turn = asyncio.Semaphore(1)

    def is_there(self) -> bool:
        """Whether ffmpeg is."""
        return not missing_programs()

    def refused(self, data: bytes) -> RefusalReason | None:
        """What can be said before anything is decoded. None for what looks like video or sound of a kind that is taken."""
        if not self.is_there():
            return RefusalReason.NO_FFMPEG
        if len(data) > self._limits.input_bytes:
            return RefusalReason.TOO_BIG
        return RefusalReason.RECORDING_KIND if container_of(data[:64]) is None else None

    async def process(self, data: bytes) -> ProcessedRecording | RefusedMedia:
        """The clean recording with preview and blurhash, or the reason why there is none."""
        reason, container = self.refused(data), container_of(data[:64])
        if reason is not None or container is None:
            return RefusedMedia(reason or RefusalReason.RECORDING_KIND)
        async with self._turn:
            with TemporaryDirectory(prefix="consilium-recording-", dir=self._scratch) as name:
                folder = Path(name)
                await asyncio.to_thread(_lay_out, folder, data, container, self._limits)
                report = await worked(_WORKER, folder, self._limits.deadline_seconds, _Report)
                if isinstance(report, RefusedMedia):
                    return report
                return await self._collect(folder, report)

    async def _collect(self, folder: Path, report: _Report) -> ProcessedRecording | RefusedMedia:
        data = await asyncio.to_thread((folder / "original").read_bytes)
        preview = blurhash = None
        if report.moves:
            still = await self._images.process(folder / "still")
            if isinstance(still, RefusedMedia):
                return still
            preview, blurhash = still.preview, still.blurhash
        return ProcessedRecording(
            kind=_kind(report),
            mime=VIDEO_MIME if report.moves else SOUND_MIME,
            data=data,
            digest=sha256(data).hexdigest(),
            width=report.width,
            height=report.height,
            duration=report.duration,
            preview=preview,
            blurhash=blurhash,
        )


def _kind(report: _Report) -> RecordingKind:
    if not report.moves:
        return RecordingKind.SOUND
    return RecordingKind.VIDEO if report.sounds else RecordingKind.SILENT


def _lay_out(folder: Path, data: bytes, container: Container, limits: RecordingLimits) -> None:
    (folder / "input").write_bytes(data)
    (folder / "job.json").write_bytes(msgspec.json.encode({"limits": limits, "container": container}))
