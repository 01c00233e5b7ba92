"""The decoding process: `python -m server.media.worker FOLDER`, one image, then it ends.

It binds itself by resource limits before it reads a byte of the image, reads `job.json` and `input` in the folder,
writes `original` and `preview` there, and one JSON line to its standard output. It opens no socket. Only JPEG, PNG,
WebP, GIF, HEIC and AVIF are decoded; the last two are written as what every browser shows. What is written is made from pixels alone, so no metadata can survive.
"""

from __future__ import annotations

import math
import resource
import sys
import warnings
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
import pillow_heif
from PIL import Image, ImageCms, ImageFile, ImageOps, ImageSequence

from server.media import blurhash
from server.media.limits import Crop, ImageLimits, RefusalReason

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "HEIF", "AVIF")
_PHOTOS = ("HEIF", "AVIF")
_MIME = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif"}
_EXTENSION = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "GIF": "gif"}
_BLUR_SIDE = 32
_LONGEST_SIDE = 16383
"""WebP's own limit, and a bound on strips of one pixel."""


class Job(msgspec.Struct, frozen=True):
    """What the serving process asks for."""

    limits: ImageLimits
    crop: Crop | None = None


class Made(msgspec.Struct, frozen=True):
    """One written file."""

    mime: str
    extension: str
    width: int
    height: int


class Report(msgspec.Struct, frozen=True):
    """What the worker says. refused: a reason, then nothing else counts."""

    refused: str = ""
    original: Made | None = None
    preview: Made | None = None
    blurhash: str = ""
    animated: bool = False


@dataclass(frozen=True, slots=True)
class Frames:
    """A decoded image: its frames as plain pixels, their durations in ms, the format to write."""

    kind: str
    pictures: list[Image.Image]
    durations: list[int]
    loop: int


class Refused(Exception):
    def __init__(self, reason: RefusalReason) -> None:
        super().__init__(reason.value)
        self.reason = reason


def bind(limits: ImageLimits) -> None:
    """Puts this process on its leash."""
    for what, most in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_FSIZE, limits.output_bytes),
        (resource.RLIMIT_NOFILE, 32),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def make(folder: Path, job: Job) -> Report:
    """Decodes, cleans, writes."""
    frames = _decode((folder / "input").read_bytes(), job)
    first = frames.pictures[0]
    original = _write(folder / "original", frames, job.limits)
    small = _within(first, job.limits.preview_pixels)
    still = Frames("PNG" if frames.kind == "GIF" else frames.kind, [small], [0], 0)
    preview = _write(folder / "preview", still, job.limits)
    return Report(
        original=original, preview=preview, blurhash=_blur(small), animated=len(frames.pictures) > 1
    )


def _decode(data: bytes, job: Job) -> Frames:
    limits = job.limits
    source = Image.open(BytesIO(data), formats=_FORMATS)
    kind = _written_as(source)
    width, height = source.size
    if width * height > limits.input_pixels or max(width, height) > _LONGEST_SIDE * 4:
        raise Refused(RefusalReason.TOO_MANY_PIXELS)
    moves = source.format in {"GIF", "WEBP"} and job.crop is None
    count = getattr(source, "n_frames", 1) if moves else 1
    if count == 1:
        if source.format == "JPEG" and job.crop is None:
            side = math.sqrt(limits.kept_pixels / (width * height))
            source.draft(None, (int(width * side), int(height * side)))
        return Frames(kind, [_clean(source, job)], [0], 0)
    if count > limits.frames or count * width * height > limits.animation_pixels:
        raise Refused(RefusalReason.TOO_MANY_FRAMES)
    pictures: list[Image.Image] = []
    durations: list[int] = []
    for frame in ImageSequence.Iterator(source):
        durations.append(max(20, min(60_000, int(frame.info.get("duration", 100) or 100))))
        pictures.append(_clean(frame, job))
    return Frames(kind, pictures, durations, int(source.info.get("loop", 0)))


def _written_as(source: Image.Image) -> str:
    if source.format in _PHOTOS:
        return "WEBP" if source.mode == "RGBA" else "JPEG"
    return source.format if source.format in _MIME else "JPEG"  # MPO is a JPEG with more pictures behind


def _clean(source: Image.Image, job: Job) -> Image.Image:
    """Upright sRGB pixels of the wanted size, and nothing that came with them."""
    source.load()
    upright = ImageOps.exif_transpose(source)
    profile = source.info.get("icc_profile")
    picture = _plain_mode(_to_srgb(upright, profile) if profile else upright)
    if job.crop is not None:
        picture = ImageOps.fit(picture, (job.crop.width, job.crop.height), Image.Resampling.LANCZOS)
    else:
        picture = _within(picture, job.limits.kept_pixels)
    bare = Image.new(picture.mode, picture.size)
    bare.paste(picture)
    return bare


def _to_srgb(picture: Image.Image, profile: bytes) -> Image.Image:
    """Colours as the camera meant them, since the profile itself is not kept. A broken profile is passed over."""
    if picture.mode not in {"RGB", "RGBA", "CMYK"}:
        return picture
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        mode = "RGBA" if picture.mode == "RGBA" else "RGB"
        converted = ImageCms.profileToProfile(
            picture, source, ImageCms.createProfile("sRGB"), outputMode=mode
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return picture
    return converted or picture


def _plain_mode(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I"):
        return picture.point(lambda value: value / 256).convert("L")
    if picture.mode in {"RGB", "RGBA", "L"}:
        return picture.convert("RGBA") if "transparency" in picture.info else picture
    transparent = picture.mode in {"LA", "PA", "RGBa", "La"} or "transparency" in picture.info
    return picture.convert("RGBA" if transparent else "RGB")


def _within(picture: Image.Image, pixels: int) -> Image.Image:
    """The picture scaled down to an area, its shape kept."""
    width, height = picture.size
    scale = min(1.0, math.sqrt(pixels / (width * height)), _LONGEST_SIDE / max(width, height))
    if scale == 1.0:
        return picture
    return picture.resize((max(1, int(width * scale)), max(1, int(height * scale))), Image.Resampling.LANCZOS)


def _write(path: Path, frames: Frames, limits: ImageLimits) -> Made:
    kind, pictures = frames.kind, frames.pictures
    encoded = _encode(frames, kind)
    if len(encoded) > limits.output_bytes and len(pictures) == 1:
        kind = "WEBP"
        encoded = _encode(frames, kind)
    if len(encoded) > limits.output_bytes:
        raise Refused(RefusalReason.TOO_BIG)
    path.write_bytes(encoded)
    return Made(
        mime=_MIME[kind], extension=_EXTENSION[kind], width=pictures[0].width, height=pictures[0].height
    )


def _encode(frames: Frames, kind: str) -> bytes:
    first, rest = frames.pictures[0], frames.pictures[1:]
    options: dict[str, Any] = {
        "JPEG": {"quality": 90, "optimize": True, "progressive": True},
        "PNG": {"compress_level": 6},
        "WEBP": {"quality": 88, "method": 3},
        "GIF": {},
    }[kind]
    if rest:
        options = {
            **options,
            "save_all": True,
            "append_images": rest,
            "duration": frames.durations,
            "loop": frames.loop,
        }
        if kind == "GIF":
            options["disposal"] = 2
    into = BytesIO()
    picture = first.convert("RGB") if kind == "JPEG" and first.mode == "RGBA" else first
    picture.save(into, format=kind, **options)
    return into.getvalue()


def _blur(picture: Image.Image) -> str:
    small = picture.convert("RGBA")
    ground = Image.new("RGBA", small.size, (255, 255, 255, 255))
    ground.alpha_composite(small)
    ground.thumbnail((_BLUR_SIDE, _BLUR_SIDE))
    flat = ground.convert("RGB")
    values = flat.tobytes()
    width, height = flat.size
    triples = [(values[i], values[i + 1], values[i + 2]) for i in range(0, len(values), 3)]
    return blurhash.encode([triples[row * width : (row + 1) * width] for row in range(height)])


def run(folder: Path) -> Report:
    """One job, whatever happens: a report."""
    job = msgspec.json.decode((folder / "job.json").read_bytes(), type=Job)
    bind(job.limits)
    Image.MAX_IMAGE_PIXELS = job.limits.input_pixels
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    warnings.simplefilter("ignore")
    pillow_heif.options.DECODE_THREADS = 1
    pillow_heif.register_heif_opener(thumbnails=False)
    try:
        return make(folder, job)
    except Refused as refusal:
        return Report(refused=refusal.reason.value)
    except (Image.DecompressionBombError, MemoryError):
        return Report(refused=RefusalReason.TOO_MANY_PIXELS.value)
    except Exception:  # noqa: BLE001  decoders raise anything on hostile bytes, and each of it means the same
        return Report(refused=RefusalReason.DAMAGED.value)


def main() -> None:
    report = run(Path(sys.argv[1]))
    sys.stdout.buffer.write(msgspec.json.encode(report) + b"\n")


if __name__ == "__main__":
    main()
