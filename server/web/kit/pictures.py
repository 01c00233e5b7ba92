"""Files on their way in: pictures are read within bounds, cleaned by a worker and kept in the vault; video and sound wait there."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.datastructures import UploadFile

from server.core.errors import Invalid
from server.media import recordings
from server.media.images import ProcessedImage
from server.media.limits import AVATAR, HEADER, Crop
from server.media.recordings import RecordingKind
from server.media.refusals import SENTENCES, RefusedMedia
from server.services import media
from server.web.kit.call import Call

CROPS = {"avatar": AVATAR, "header": HEADER}


async def cleaned(call: Call, file: UploadFile, crop: Crop | None = None) -> ProcessedImage:
    """Raises Invalid with the reason why a file is not taken."""
    return await _made(call, await file.read(), crop)


async def _made(call: Call, data: bytes, crop: Crop | None) -> ProcessedImage:
    made = await call.house.workshop.process(data, crop)
    if isinstance(made, RefusedMedia):
        raise Invalid(made.sentence)
    return made


async def keep(call: Call, *blobs: bytes) -> None:
    """Raises StorageFull."""
    for blob in blobs:
        await asyncio.to_thread(call.house.media.store, blob)


async def keep_sealed(call: Call, purpose: str, blob: bytes) -> str:
    """The digest of what is stored sealed with the secret of the house. Raises StorageFull."""
    return await asyncio.to_thread(call.house.media.store, call.context.sealer.seal(purpose, blob))


async def open_sealed(call: Call, purpose: str, digest: str) -> bytes | None:
    """What `keep_sealed` stored; None where it is not there any more."""
    sealed = await asyncio.to_thread(call.house.media.read, digest)
    return call.context.sealer.open(purpose, sealed) if sealed is not None else None


async def uploaded(call: Call, file: UploadFile) -> dict[str, Any]:
    """What `media.add` is told of a file for a post. Raises Invalid, StorageFull."""
    data = await file.read()
    if recordings.looks_recorded(data):
        return await recording(call, data)
    made = await _made(call, data, None)
    await keep(call, made.original.data, made.preview.data)
    return {
        "kind": "image",
        "mime": made.original.mime,
        "digest": made.original.digest,
        "preview_digest": made.preview.digest,
        "preview_mime": made.preview.mime,
        "blurhash": made.blurhash,
        "width": made.original.width,
        "height": made.original.height,
        "size": len(made.original.data),
    }


async def recording(call: Call, data: bytes) -> dict[str, Any]:
    """The same of video or sound: kept as it is, sealed, until it has been made anew. Raises Invalid, StorageFull."""
    reason = call.house.recordings.refused(data)
    if reason is not None:
        raise Invalid(SENTENCES[reason])
    kind = recordings.expected(data)
    return {
        "kind": kind.value,
        "mime": recordings.VIDEO_MIME if kind is RecordingKind.VIDEO else recordings.SOUND_MIME,
        "upload": await keep_sealed(call, media.UPLOAD, data),
    }


async def face(call: Call, file: UploadFile, kind: str) -> str:
    """The digest of a new avatar or header."""
    made = await cleaned(call, file, CROPS[kind])
    await keep(call, made.original.data)
    return made.original.digest
