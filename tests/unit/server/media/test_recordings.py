"""Videos and sound through the real worker process and ffmpeg: what comes out is clean, what is hostile is refused by name."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from server.media.images import ImageWorkshop
from server.media.limits import RecordingLimits, RefusalReason
from server.media.recordings import ProcessedRecording, RecordingKind, RecordingWorkshop
from server.media.refusals import RefusedMedia
from tests.support.pictures import png
from tests.support.recordings import SECRET, needs_ffmpeg, recording

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
ROOT = Path(__file__).resolve().parents[4]


async def process(data: bytes, **limits: Any) -> ProcessedRecording | RefusedMedia:
    return await RecordingWorkshop(ImageWorkshop(), RecordingLimits(**limits)).process(data)


async def accepted(data: bytes) -> ProcessedRecording:
    made = await process(data)
    assert isinstance(made, ProcessedRecording), made
    return made


def streams(data: bytes, folder: Path) -> list[dict[str, Any]]:
    path = folder / "probed"
    path.write_bytes(data)
    command = [
        "ffprobe",
        "-v",
        "error",
        "-show_streams",
        "-show_chapters",
        "-show_format",
        "-of",
        "json",
        path,
    ]
    said = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    assert said["chapters"] == []
    found: list[dict[str, Any]] = said["streams"]
    return found


@needs_ffmpeg
async def test_a_video_comes_out_playable_by_a_phone_and_without_what_it_told(tmp_path: Path) -> None:
    chapters = tmp_path / "chapters"
    chapters.write_text(f";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=900\ntitle={SECRET}\n")
    source = recording("mp4", "-i", str(chapters), "-map_chapters", "2", "-movflags", "use_metadata_tags")
    assert SECRET.encode() in source
    made = await accepted(source)
    assert (made.kind, made.mime, made.width, made.height) == (RecordingKind.VIDEO, "video/mp4", 64, 48)
    assert 900 <= made.duration <= 1200
    assert SECRET.encode() not in made.data
    assert made.data.index(b"moov") < made.data.index(b"mdat"), "plays before it is loaded whole"
    found = {one["codec_type"]: one for one in streams(made.data, tmp_path)}
    assert found.keys() == {"video", "audio"}
    assert (found["video"]["codec_name"], found["video"]["pix_fmt"]) == ("h264", "yuv420p")
    assert found["audio"]["codec_name"] == "aac"
    assert made.preview is not None
    assert (made.preview.mime, made.preview.width) == ("image/png", 64)
    assert made.blurhash


@needs_ffmpeg
async def test_a_silent_webm_is_an_animation_and_sound_loses_its_cover(tmp_path: Path) -> None:
    silent = await accepted(recording("webm", "-c:v", "libvpx", sound=False))
    assert (silent.kind, silent.mime) == (RecordingKind.SILENT, "video/mp4")
    cover = tmp_path / "cover.png"
    cover.write_bytes(png())
    covered = ("-i", str(cover), "-map", "0", "-map", "1", "-disposition:v", "attached_pic")
    for source in (
        recording("mp3", *covered, "-id3v2_version", "3", pictures=False),
        recording("ogg", pictures=False),
        recording("m4a", pictures=False),
    ):
        made = await accepted(source)
        assert (made.kind, made.mime, made.preview) == (RecordingKind.SOUND, "audio/mp4", None)
        assert [one["codec_name"] for one in streams(made.data, tmp_path)] == ["aac"]
        assert SECRET.encode() not in made.data


HOSTILE = {
    "a playlist": (b"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\nfile:///etc/passwd", RefusalReason.RECORDING_KIND),
    "a list of files": (b"ffconcat version 1.0\nfile /etc/passwd", RefusalReason.RECORDING_KIND),
    "avi": (b"RIFF\0\0\0\0AVI " + bytes(64), RefusalReason.RECORDING_KIND),
    "only the head of mp4": (b"\0\0\0\x18ftypisom" + bytes(64), RefusalReason.DAMAGED),
    "a playlist behind the head of mp3": (b"ID3\n#EXTM3U\nfile:///etc/passwd", RefusalReason.DAMAGED),
    "only the head of webm": (b"\x1aE\xdf\xa3" + bytes(64), RefusalReason.DAMAGED),
}


@needs_ffmpeg
@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_files_are_refused_by_name(name: str) -> None:
    data, reason = HOSTILE[name]
    assert await process(data) == RefusedMedia(reason)


@needs_ffmpeg
async def test_bounds_are_kept() -> None:
    source = recording("mp4")
    for limits, reason in (
        ({"input_bytes": 100}, RefusalReason.TOO_BIG),
        ({"pixels": 100}, RefusalReason.TOO_LARGE_FRAME),
        ({"frame_rate": 5}, RefusalReason.TOO_MANY_FRAMES_A_SECOND),
        ({"video_seconds": 0}, RefusalReason.TOO_LONG),
        ({"deadline_seconds": 0.01}, RefusalReason.TOO_SLOW),
        ({"output_bytes": 4096}, RefusalReason.DAMAGED),
        ({"memory_bytes": 60 * 2**20}, RefusalReason.DAMAGED),
    ):
        assert await process(source, **limits) == RefusedMedia(reason), limits


async def test_without_ffmpeg_everything_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(os.environ, "PATH", str(tmp_path))
    workshop = RecordingWorkshop(ImageWorkshop())
    assert not workshop.is_there()
    assert await workshop.process(b"ID3" + bytes(64)) == RefusedMedia(RefusalReason.NO_FFMPEG)


DIAL = """
import socket, sys
from server.media.limits import RecordingLimits
from server.media.recording_worker import bind
bind(RecordingLimits())
try:
    socket.create_connection(("127.0.0.1", int(sys.argv[1])), 2)
except OSError:
    sys.exit(7)
"""


def test_a_bound_worker_reaches_no_network() -> None:
    if subprocess.run(["unshare", "--user", "--net", "true"], check=False, capture_output=True).returncode:
        pytest.skip("no user namespaces on this machine")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = str(listening.getsockname()[1])
        dialled = subprocess.run([sys.executable, "-c", DIAL, port], check=False, cwd=ROOT)
    assert dialled.returncode == 7
