"""Images through the real worker process: what comes out is clean, what is hostile is refused by name."""

from __future__ import annotations

import struct
import subprocess
import sys
import zlib
from io import BytesIO
from pathlib import Path

import pillow_heif
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from server.media.images import ImageWorkshop, ProcessedImage
from server.media.limits import AVATAR, ImageLimits, RefusalReason
from server.media.refusals import SENTENCES, RefusedMedia

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
SECRET = b"MUSTERMANN-1961"
pillow_heif.register_heif_opener()


def picture(width: int = 320, height: int = 200, mode: str = "RGB") -> Image.Image:
    image = Image.new(mode, (width, height))
    for x in range(width):
        for y in range(0, height, 3):
            image.putpixel((x, y), (x % 256, y % 256, 90) if mode == "RGB" else x % 256)
    return image


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    into = BytesIO()
    image.save(into, format=kind, **options)
    return into.getvalue()


def animation(kind: str, frames: int = 4) -> bytes:
    colours = [Image.new("RGB", (64, 48), (60 * i % 256, 20, 200)) for i in range(frames)]
    return encoded(colours[0], kind, save_all=True, append_images=colours[1:], duration=80, loop=0)


def png_of_size(width: int, height: int) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(bytes(1000)))
        + chunk(b"IEND", b"")
    )


async def process(data: bytes, **limits: float) -> ProcessedImage | RefusedMedia:
    return await ImageWorkshop(ImageLimits(**limits)).process(data)  # type: ignore[arg-type]


async def accepted(data: bytes, **limits: float) -> ProcessedImage:
    result = await process(data, **limits)
    assert isinstance(result, ProcessedImage), result
    return result


@pytest.mark.parametrize(
    ("kind", "mime"),
    [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp"), ("GIF", "image/gif")],
)
async def test_the_four_formats_come_out_as_themselves(kind: str, mime: str) -> None:
    made = await accepted(encoded(picture(), kind))
    assert (made.original.mime, made.original.width, made.original.height) == (mime, 320, 200)
    assert Image.open(BytesIO(made.original.data)).format == kind
    assert len(made.blurhash) == 4 + 2 + 2 * 11
    assert not made.animated


@pytest.mark.parametrize("kind", ["HEIF", "AVIF"])
@pytest.mark.parametrize(("mode", "mime"), [("RGB", "image/jpeg"), ("RGBA", "image/webp")])
async def test_photos_come_out_as_every_browser_shows_them(kind: str, mode: str, mime: str) -> None:
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    colour = (200, 60, 30) if mode == "RGB" else (200, 60, 30, 120)
    source = encoded(Image.new(mode, (320, 200), colour), kind, exif=exif, xmp=b"<x>" + SECRET + b"</x>")
    assert SECRET in source
    made = await accepted(source)
    assert (made.original.mime, made.original.width, made.original.height) == (mime, 320, 200)
    opened = Image.open(BytesIO(made.original.data)).convert("RGB")
    pixel = opened.getpixel((200, 99))
    assert isinstance(pixel, tuple)
    assert all(abs(one - other) < 12 for one, other in zip(pixel, colour[:3], strict=True))
    for out in (made.original, made.preview):
        assert SECRET not in out.data and not Image.open(BytesIO(out.data)).getexif()


async def test_photos_are_turned_upright() -> None:
    for kind in ("HEIF", "AVIF"):
        exif = Image.Exif()
        exif[0x0112] = 6
        made = await accepted(encoded(picture(), kind, exif=exif.tobytes()))
        assert (made.original.width, made.original.height) == (200, 320), kind


async def test_a_photo_of_too_many_pixels_is_refused_before_it_is_decoded() -> None:
    for kind in ("HEIF", "AVIF"):
        refused = await process(encoded(picture(), kind), input_pixels=1000)
        assert refused == RefusedMedia(RefusalReason.TOO_MANY_PIXELS)


async def test_sizes_are_capped_and_the_shape_kept() -> None:
    made = await accepted(encoded(Image.new("L", (5000, 2500), 128), "PNG"))
    assert made.original.width * made.original.height <= 8_294_400
    assert made.original.width == pytest.approx(2 * made.original.height, abs=2)
    assert made.preview.width * made.preview.height <= 640 * 360


async def test_nothing_but_pixels_survives() -> None:
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()  # description
    exif[0x0112] = 6  # turned by a quarter
    exif.get_ifd(0x8825)[1] = "N"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    jpeg = encoded(
        picture(), "JPEG", exif=exif, comment=SECRET, icc_profile=profile, xmp=b"<x>" + SECRET + b"</x>"
    )
    text = PngImagePlugin.PngInfo()
    text.add_text("Patient", SECRET.decode())
    text.add_itxt("XML:com.adobe.xmp", SECRET.decode())
    png = encoded(picture(), "PNG", pnginfo=text, exif=exif)
    webp = encoded(picture(), "WEBP", exif=exif, xmp=SECRET)
    gif = encoded(picture(mode="L"), "GIF", comment=SECRET)
    for source in (jpeg, png, webp, gif, jpeg + SECRET, png + b"PK\x03\x04" + SECRET):
        assert SECRET in source
        made = await accepted(source)
        for out in (made.original, made.preview):
            opened = Image.open(BytesIO(out.data))
            opened.load()
            assert SECRET not in out.data
            assert not opened.getexif()
            assert (
                not {"exif", "icc_profile", "comment", "xmp", "Patient", "XML:com.adobe.xmp"}
                & opened.info.keys()
            )
    assert (await accepted(jpeg)).original.width == 200, "turned upright before the orientation was dropped"


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
async def test_animations_stay_animated_within_bounds(kind: str) -> None:
    made = await accepted(animation(kind))
    again = Image.open(BytesIO(made.original.data))
    assert made.animated
    assert again.n_frames == 4
    assert getattr(Image.open(BytesIO(made.preview.data)), "n_frames", 1) == 1
    assert await process(animation(kind, 12), frames=10) == RefusedMedia(RefusalReason.TOO_MANY_FRAMES)
    assert await process(animation(kind), animation_pixels=64 * 48 * 3) == RefusedMedia(
        RefusalReason.TOO_MANY_FRAMES
    )


async def test_avatars_are_cut_square_and_still() -> None:
    made = await ImageWorkshop().process(animation("GIF"), AVATAR)
    assert isinstance(made, ProcessedImage)
    assert (made.original.width, made.original.height, made.animated) == (400, 400, False)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "CMYK"])
async def test_every_mode_of_pixels(mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    made = await accepted(encoded(Image.new(mode, (40, 30)), kind))
    assert made.original.width == 40


HOSTILE = {
    "nothing": (b"", RefusalReason.EMPTY),
    "bomb": (png_of_size(60_000, 60_000), RefusalReason.TOO_MANY_PIXELS),
    "overflowing": (png_of_size(2**31 - 1, 2**31 - 1), RefusalReason.TOO_MANY_PIXELS),
    "lying": (png_of_size(3000, 3000), RefusalReason.DAMAGED),
    "truncated jpeg": (encoded(picture(), "JPEG")[:2000], RefusalReason.DAMAGED),
    "truncated png": (encoded(picture(), "PNG")[:300], RefusalReason.DAMAGED),
    "only a head": (b"\xff\xd8\xff\xe0", RefusalReason.DAMAGED),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', RefusalReason.VECTOR),
    "svg behind a declaration": (b'\xef\xbb\xbf<?xml version="1.0"?><svg/>', RefusalReason.VECTOR),
    "html": (b"<!DOCTYPE html><script>alert(1)</script>", RefusalReason.VECTOR),
    "mvg": (
        b"push graphic-context\nviewbox 0 0 640 480\nimage over 0,0 0,0 'https://x'",
        RefusalReason.VECTOR,
    ),
    "xbm": (
        b"#define i_width 9999\n#define i_height 9999\nstatic char i_bits[] = {0};",
        RefusalReason.VECTOR,
    ),
    "postscript": (b"%!PS-Adobe-3.0 EPSF\n(/etc/passwd) run", RefusalReason.VECTOR),
    "m3u8": (b"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\nfile:///etc/passwd", RefusalReason.VIDEO),
    "concat": (b"ffconcat version 1.0\nfile /etc/passwd", RefusalReason.VIDEO),
    "mp4": (b"\0\0\0\x18ftypisom" + bytes(64), RefusalReason.VIDEO),
    "webm": (b"\x1aE\xdf\xa3" + bytes(64), RefusalReason.VIDEO),
    "only the head of heic": (b"\0\0\0\x18ftypheic" + bytes(64), RefusalReason.DAMAGED),
    "only the head of avif": (b"\0\0\0\x18ftypavif" + bytes(64), RefusalReason.DAMAGED),
    "a sequence without a picture": (b"\0\0\0\x18ftyphevc" + bytes(64), RefusalReason.VIDEO),
    "truncated heic": (encoded(picture(), "HEIF")[:900], RefusalReason.DAMAGED),
    "truncated avif": (encoded(picture(), "AVIF")[:600], RefusalReason.DAMAGED),
    "mp3": (b"ID3\x04" + bytes(64), RefusalReason.AUDIO),
    "pdf": (b"%PDF-1.7\n", RefusalReason.DOCUMENT),
    "pdf behind dirt": (b"dirt\n%PDF-1.4\n", RefusalReason.DOCUMENT),
    "zip": (b"PK\x03\x04" + bytes(64), RefusalReason.DOCUMENT),
    "dicom": (bytes(128) + b"DICM" + bytes(64), RefusalReason.DICOM),
    "dicom behind a jpeg's head": (b"\xff\xd8\xff\xe0".ljust(128, b"\0") + b"DICM", RefusalReason.DICOM),
    "jpeg and pdf": (encoded(picture(), "JPEG", comment=b"%PDF-1.4"), RefusalReason.AMBIGUOUS),
    "tiff": (b"II*\0" + bytes(64), RefusalReason.UNSUPPORTED),
    "bmp": (encoded(picture(), "BMP"), RefusalReason.UNSUPPORTED),
    "text": (b"hello", RefusalReason.UNSUPPORTED),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_files_are_refused_by_name(name: str) -> None:
    data, reason = HOSTILE[name]
    assert await process(data) == RefusedMedia(reason)


async def test_a_script_inside_an_image_does_not_come_out() -> None:
    script = b"<script>alert(1)</script>"
    made = await accepted(encoded(picture(mode="L"), "GIF", comment=script) + script)
    assert script not in made.original.data


async def test_too_big_too_slow_too_hungry() -> None:
    image = encoded(picture(), "PNG")
    assert await process(image, input_bytes=10) == RefusedMedia(RefusalReason.TOO_BIG)
    assert await process(image, deadline_seconds=0.01) == RefusedMedia(RefusalReason.TOO_SLOW)
    hungry = await process(encoded(Image.new("RGB", (5000, 5000)), "PNG"), memory_bytes=150 * 2**20)
    assert isinstance(hungry, RefusedMedia)


async def test_scratch_is_left_empty_and_files_may_be_read_from_disk(tmp_path: Path) -> None:
    upload = tmp_path / "upload.exe"
    upload.write_bytes(encoded(picture(), "WEBP"))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    workshop = ImageWorkshop(scratch=scratch)
    made = await workshop.process(upload)
    assert isinstance(made, ProcessedImage)
    assert made.original.extension == "webp"
    assert list(scratch.iterdir()) == []


def test_the_serving_side_imports_no_decoder() -> None:
    check = "import sys, server.media.images, server.media.vault; sys.exit('PIL' in sys.modules)"
    root = Path(__file__).resolve().parents[4]
    assert subprocess.run([sys.executable, "-c", check], cwd=root, check=False).returncode == 0


def test_every_reason_has_its_sentence() -> None:
    assert SENTENCES.keys() == set(RefusalReason)
