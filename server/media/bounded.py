"""One worker process for one file: started with nothing but a folder, killed when it is slow, believed by what it says alone."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import suppress
from pathlib import Path
from signal import SIGKILL, SIGXCPU
from typing import TypeVar

import msgspec

from server.media.limits import RefusalReason
from server.media.refusals import RefusedMedia

_ROOT = Path(__file__).resolve().parents[2]
_MOST_OUTPUT = 64 * 1024


class Report(msgspec.Struct, frozen=True):
    """What a worker says, as it is believed: by shape only. refused: a reason, then nothing else counts."""

    refused: str = ""


R = TypeVar("R", bound=Report)


async def worked(module: str, folder: Path, deadline_seconds: float, kind: type[R]) -> R | RefusedMedia:
    """What the worker said; or that it refused, was too slow, died, or said something else than a report of that kind."""
    said = await _said(module, folder, deadline_seconds)
    if isinstance(said, RefusedMedia):
        return said
    try:
        report = msgspec.json.decode(said, type=kind)
        return RefusedMedia(RefusalReason(report.refused)) if report.refused else report
    except ValueError:
        return RefusedMedia(RefusalReason.FAILED)


async def _said(module: str, folder: Path, deadline_seconds: float) -> bytes | RefusedMedia:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-s",
        "-m",
        module,
        str(folder),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=folder,
        env={
            "PYTHONPATH": str(_ROOT),
            "PATH": os.environ.get("PATH", os.defpath),
            "LC_ALL": "C.UTF-8",
            "HOME": str(folder),
        },
    )
    try:
        async with asyncio.timeout(deadline_seconds):
            assert process.stdout is not None
            said = await process.stdout.read(_MOST_OUTPUT)
            await process.wait()
    except TimeoutError:
        return RefusedMedia(RefusalReason.TOO_SLOW)
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode in {-SIGXCPU, -SIGKILL}:
        return RefusedMedia(RefusalReason.TOO_SLOW)
    return said if process.returncode == 0 else RefusedMedia(RefusalReason.FAILED)
