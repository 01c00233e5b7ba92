"""Bounds and words that the serving process and the decoding workers share. Imports nothing, for the worker's start."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, unique


@unique
class RefusalReason(StrEnum):
    EMPTY = "empty"
    TOO_BIG = "too_big"
    UNSUPPORTED = "unsupported"
    VECTOR = "vector"
    DOCUMENT = "document"
    DICOM = "dicom"
    VIDEO = "video"
    AUDIO = "audio"
    AMBIGUOUS = "ambiguous"
    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_MANY_FRAMES = "too_many_frames"
    DAMAGED = "damaged"
    TOO_SLOW = "too_slow"
    FAILED = "failed"
    RECORDING_KIND = "recording_kind"
    NO_FFMPEG = "no_ffmpeg"
    TOO_LONG = "too_long"
    TOO_LARGE_FRAME = "too_large_frame"
    TOO_MANY_FRAMES_A_SECOND = "too_many_frames_a_second"


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """What one image may cost. Pixel limits are Mastodon's."""

    input_bytes: int = 16 * 1024 * 1024
    input_pixels: int = 33_177_600
    kept_pixels: int = 8_294_400
    preview_pixels: int = 640 * 360
    frames: int = 300
    animation_pixels: int = 60_000_000
    output_bytes: int = 24 * 1024 * 1024
    memory_bytes: int = 1024 * 1024 * 1024
    cpu_seconds: int = 15
    deadline_seconds: float = 20.0


@dataclass(frozen=True, slots=True)
class RecordingLimits:
    """What one video or sound file may cost. input_bytes fits through the front doors of `deploy/`. longest_side: of what is kept."""

    input_bytes: int = 36 * 1024 * 1024
    pixels: int = 8_294_400
    frame_rate: int = 120
    video_seconds: int = 600
    sound_seconds: int = 3600
    longest_side: int = 1280
    output_bytes: int = 40 * 1024 * 1024
    memory_bytes: int = 2 * 1024 * 1024 * 1024
    cpu_seconds: int = 900
    deadline_seconds: float = 1200.0


@dataclass(frozen=True, slots=True)
class Crop:
    """A fixed shape that the image is scaled and cut to; animations become still."""

    width: int
    height: int


AVATAR = Crop(400, 400)
HEADER = Crop(1500, 500)
