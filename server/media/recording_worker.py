"""The process that makes videos and sound anew: `python -m server.media.recording_worker FOLDER`, one file, then it ends.

It binds itself before it reads a byte: limits on memory, time and size that ffmpeg inherits, and, where the system lets it,
no network at all. ffmpeg is told which container it is, so that it never takes a file for a playlist; it opens files only,
and decodes with a handful of decoders. What is written is made from frames and samples alone: neither tags nor chapters,
subtitles, cover art or data streams are copied.
"""

from __future__ import annotations

import ctypes
import resource
import signal
import subprocess
import sys
from pathlib import Path

import msgspec

from server.media.limits import RecordingLimits, RefusalReason

_SYSTEM = ctypes.CDLL(None)
_DECODERS = (
    "h264,hevc,vp8,vp9,libvpx,libvpx-vp9,av1,libdav1d,libaom-av1,mpeg4,theora,"
    "aac,mp3,mp3float,opus,libopus,vorbis,flac,alac,"
    "pcm_s16le,pcm_s24le,pcm_s32le,pcm_f32le,pcm_u8,pcm_s16be,pcm_s24be,pcm_alaw,pcm_mulaw,"
    "png,mjpeg,mov_text,webvtt,ass,subrip"
)
"""The last six are of what is dropped, cover art and subtitles: a file is not refused for having them."""
_CLEAN = (
    *("-dn", "-sn", "-map_chapters", "-1"),
    *("-map_metadata", "-1", "-map_metadata:s:v", "-1", "-map_metadata:s:a", "-1"),
    *("-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact"),
)
_SHAPE = (
    "scale=w='min({0},iw)':h='min({0},ih)':force_original_aspect_ratio=decrease:force_divisible_by=2,setsar=1"
)
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000
_DIE_WITH_PARENT = 1
_VIDEO_BITS, _SOUND_BITS = 2_000_000, 96_000


class Job(msgspec.Struct, frozen=True):
    """What the serving process asks for. container: ffmpeg's name of the demuxer."""

    limits: RecordingLimits
    container: str


class Report(msgspec.Struct, frozen=True):
    """What the worker says. refused: a reason, then nothing else counts. duration: milliseconds."""

    refused: str = ""
    moves: bool = False
    sounds: bool = False
    width: int = 0
    height: int = 0
    duration: int = 0


class _Disposition(msgspec.Struct, frozen=True):
    attached_pic: int = 0


class _Stream(msgspec.Struct, frozen=True):
    codec_type: str = ""
    width: int = 0
    height: int = 0
    avg_frame_rate: str = "0/0"
    disposition: _Disposition = _Disposition()


class _Format(msgspec.Struct, frozen=True):
    duration: str = ""


class _Probed(msgspec.Struct, frozen=True):
    streams: tuple[_Stream, ...] = ()
    format: _Format = _Format()

    @property
    def picture(self) -> _Stream | None:
        """Cover art is none."""
        moving = (each for each in self.streams if each.codec_type == "video")
        return next((each for each in moving if not each.disposition.attached_pic and each.width), None)

    @property
    def sounds(self) -> bool:
        return any(each.codec_type == "audio" for each in self.streams)

    @property
    def seconds(self) -> float:
        """0 where the file does not say."""
        try:
            return max(0.0, float(self.format.duration))
        except ValueError:
            return 0.0


class Refused(Exception):
    def __init__(self, reason: RefusalReason) -> None:
        super().__init__(reason.value)
        self.reason = reason


def bind(limits: RecordingLimits) -> None:
    """Puts this process, and whatever it starts, on its leash. It ends with the process that started it."""
    _die_with_parent()
    _SYSTEM.unshare(_NEW_USER | _NEW_NETWORK)  # refused in some sandboxes, which have their own bounds
    for what, most in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_FSIZE, limits.output_bytes),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def _die_with_parent() -> None:
    _SYSTEM.prctl(_DIE_WITH_PARENT, signal.SIGKILL)


def make(folder: Path, job: Job) -> Report:
    """Probes, makes anew, probes what was made, and takes a frame of it."""
    limits = job.limits
    found = _probe(folder / "input", job.container)
    _check(found, limits)
    moves = found.picture is not None
    target = folder / "original"
    _ffmpeg(
        *_read(folder / "input", job.container),
        *(("-map", "0:V:0", *_video(found, limits)) if moves else ("-vn",)),
        *(("-map", "0:a:0", *_sound(found, limits)) if found.sounds else ()),
        *_CLEAN,
        *("-t", str(_longest(found, limits)), "-movflags", "+faststart"),
        *("-f", "mp4" if moves else "ipod", f"file:{target}"),
    )
    made = _probe(target, "mov")
    picture = made.picture
    if made.sounds != found.sounds or (picture is not None) != moves or target.stat().st_size == 0:
        raise Refused(RefusalReason.DAMAGED)
    if picture is not None:
        _still(target, folder / "still", made.seconds)
    return Report(
        moves=moves,
        sounds=made.sounds,
        width=picture.width if picture else 0,
        height=picture.height if picture else 0,
        duration=round(made.seconds * 1000),
    )


def _check(found: _Probed, limits: RecordingLimits) -> None:
    picture = found.picture
    if picture is None and not found.sounds:
        raise Refused(RefusalReason.DAMAGED)
    if picture is not None and picture.width * picture.height > limits.pixels:
        raise Refused(RefusalReason.TOO_LARGE_FRAME)
    if picture is not None and _rate(picture.avg_frame_rate) > limits.frame_rate:
        raise Refused(RefusalReason.TOO_MANY_FRAMES_A_SECOND)
    if found.seconds > _longest(found, limits):
        raise Refused(RefusalReason.TOO_LONG)


def _longest(found: _Probed, limits: RecordingLimits) -> int:
    return limits.video_seconds if found.picture is not None else limits.sound_seconds


def _rate(written: str) -> float:
    above, _, below = written.partition("/")
    return int(above) / int(below) if above.isdigit() and below.isdigit() and int(below) else 0.0


def _read(path: Path, container: str) -> tuple[str, ...]:
    """The options before an input: files only, this container, these decoders."""
    return (
        *("-threads", "1", "-protocol_whitelist", "file", "-codec_whitelist", _DECODERS),
        *("-f", container, "-i", f"file:{path}"),
    )


def _budget(found: _Probed, limits: RecordingLimits, part: float, wanted: int) -> str:
    """Bits a second that keep a long recording within the size of what is kept."""
    seconds = found.seconds or float(_longest(found, limits))
    return str(int(min(wanted, limits.output_bytes * 8 * part / max(seconds, 1.0))))


def _video(found: _Probed, limits: RecordingLimits) -> tuple[str, ...]:
    rate = _budget(found, limits, 0.7, _VIDEO_BITS)
    return (
        *("-vf", _SHAPE.format(limits.longest_side), "-fpsmax", "60", "-pix_fmt", "yuv420p"),
        *("-c:v", "libx264", "-preset", "veryfast", "-crf", "25", "-maxrate", rate, "-bufsize", rate),
        # nothing that stands beside the pictures: captions, and what cameras write there
        *("-a53cc", "0", "-bsf:v", "filter_units=remove_types=6", "-threads", "2"),
    )


def _sound(found: _Probed, limits: RecordingLimits) -> tuple[str, ...]:
    part = 0.15 if found.picture is not None else 0.9
    return ("-c:a", "aac", "-b:a", _budget(found, limits, part, _SOUND_BITS), "-ac", "2", "-ar", "44100")


def _still(video: Path, target: Path, seconds: float) -> None:
    at = str(min(1.0, seconds / 2))
    _ffmpeg(
        *("-ss", at, *_read(video, "mov"), "-an", "-frames:v", "1", "-c:v", "png"),
        *("-f", "image2", "-update", "1", f"file:{target}"),
    )


def _probe(path: Path, container: str) -> _Probed:
    shown = "format=duration:stream=codec_type,width,height,avg_frame_rate:stream_disposition=attached_pic"
    said = _run("ffprobe", "-v", "error", "-show_entries", shown, "-of", "json", *_read(path, container))
    try:
        return msgspec.json.decode(said, type=_Probed)
    except msgspec.DecodeError:
        raise Refused(RefusalReason.DAMAGED) from None


def _ffmpeg(*options: str) -> None:
    _run("ffmpeg", "-nostdin", "-hide_banner", "-v", "error", "-y", "-filter_threads", "1", *options)


def _run(*command: str) -> bytes:
    ended = subprocess.run(  # noqa: S603  options of ours alone
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
        preexec_fn=_die_with_parent,
    )
    if ended.returncode in {-signal.SIGXCPU, -signal.SIGKILL}:
        raise Refused(RefusalReason.TOO_SLOW)
    if ended.returncode:
        raise Refused(RefusalReason.DAMAGED)
    return ended.stdout


def run(folder: Path) -> Report:
    """One job, whatever happens: a report."""
    job = msgspec.json.decode((folder / "job.json").read_bytes(), type=Job)
    bind(job.limits)
    try:
        return make(folder, job)
    except Refused as refusal:
        return Report(refused=refusal.reason.value)
    except OSError:
        return Report(refused=RefusalReason.FAILED.value)


def main() -> None:
    report = run(Path(sys.argv[1]))
    sys.stdout.buffer.write(msgspec.json.encode(report) + b"\n")


if __name__ == "__main__":
    main()
