"""What a person takes along to another place, and brings in from there."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import msgspec
from starlette.datastructures import UploadFile
from starlette.responses import Response

from server.core.errors import AppError, Invalid, NotFound
from server.core.i18n import N_
from server.domain.member_files import BroughtIn, FileKind, Line
from server.services import accounts, leaving, member_files
from server.web.kit import errors, forms, html
from server.web.kit.call import Call
from server.web.kit.unit import Unit
from server.web.site.security import signed

ARCHIVE = "archive.json"
KINDS: tuple[tuple[FileKind, str], ...] = (
    (FileKind.FOLLOWING, N_("People whom I follow")),
    (FileKind.LISTS, N_("My lists")),
    (FileKind.BLOCKS, N_("People whom I block")),
    (FileKind.MUTES, N_("People whom I mute")),
    (FileKind.DOMAIN_BLOCKS, N_("Instances that I block")),
    (FileKind.BOOKMARKS, N_("My bookmarks")),
)
MOST_LOOKUPS = 200
"""How many unknown handles of one file are looked up elsewhere; bringing the same file in again goes on."""
AT_ONCE = 8
LOOKUP_SECONDS = 20
SHOWN = 100


async def show(call: Call) -> Response:
    return _page(call)


async def take_along(call: Call) -> Response:
    """One of the files, or the whole archive."""
    name, account_id = call.parameters["name"], signed(call).account_id
    if name == ARCHIVE:
        body, kind = await call.read(_archive, account_id), "application/json"
    else:
        wanted = next((one for one in FileKind if one.file_name == name), None)
        if wanted is None:
            raise NotFound
        body, kind = await call.read(_file, account_id, wanted), "text/csv; charset=utf-8"
    return Response(body, 200, {"Content-Disposition": f'attachment; filename="{name}"'}, kind)


def _archive(unit: Unit, account_id: int) -> bytes:
    held = leaving.export(unit, accounts.get(unit, account_id))
    return msgspec.json.format(msgspec.json.encode(held), indent=2)


def _file(unit: Unit, account_id: int, kind: FileKind) -> bytes:
    return member_files.write(unit, accounts.get(unit, account_id), kind).encode()


async def bring_in(call: Call) -> Response:
    """All of a file that can be read, or nothing; then what is missing."""
    account_id = signed(call).account_id
    fields = await forms.body(call)
    file = fields.get("file")
    try:
        kind = str(fields.get("kind", ""))
        if kind not in set(FileKind):
            raise Invalid(N_("Please choose from the list what the file holds"))
        if not isinstance(file, UploadFile) or not file.filename:
            raise Invalid(N_("Please choose a file"))
        lines = member_files.read(FileKind(kind), await file.read())
        await _meet(call, await call.read(_unknown, account_id, FileKind(kind), lines))
        brought = await call.write(_bring_in, account_id, FileKind(kind), lines)
    except AppError as problem:
        return _page(call, problem)
    return _page(call, brought=brought, lines=len(lines))


def _unknown(unit: Unit, account_id: int, kind: FileKind, lines: tuple[Line, ...]) -> list[str]:
    return member_files.unknown(unit, accounts.get(unit, account_id), kind, lines)


def _bring_in(unit: Unit, account_id: int, kind: FileKind, lines: tuple[Line, ...]) -> BroughtIn:
    return member_files.bring_in(unit, accounts.get(unit, account_id), kind, lines)


async def _meet(call: Call, handles: list[str]) -> None:
    """Looks up people elsewhere whom nobody here knows yet, a few at a time and for a while."""
    places = asyncio.Semaphore(AT_ONCE)

    async def meet(handle: str) -> None:
        async with places:
            await call.house.ingress.lookup.account(handle)

    with suppress(TimeoutError):
        async with asyncio.timeout(LOOKUP_SECONDS), asyncio.TaskGroup() as group:
            for handle in handles[:MOST_LOOKUPS]:
                group.create_task(meet(handle))


def _page(
    call: Call, problem: AppError | None = None, brought: BroughtIn | None = None, lines: int = 0
) -> Response:
    words = call.translator
    notice = None
    if brought is not None:
        notice = words.gettext("%(done)s of %(lines)s lines were brought in.", done=brought.done, lines=lines)
    return html.page(
        call,
        "site/member_files.html",
        problem.status if problem else 200,
        kinds=[(one.value, words.raw(name)) for one, name in KINDS],
        files=[(one.file_name, words.raw(name)) for one, name in KINDS],
        missing=brought.missing[:SHOWN] if brought else (),
        more=max(0, len(brought.missing) - SHOWN) if brought else 0,
        error=errors.sentence(problem, words) if problem else None,
        notice=notice,
    )
