"""`consilium account export` and `import`: what a person takes along, and brings in from elsewhere."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer

from server.app import looking_up
from server.cli.opened import opened
from server.core.errors import Invalid
from server.domain.member_files import BroughtIn, FileKind, Line
from server.services import accounts, leaving, member_files
from server.store.session import Database, Unit

Name = Annotated[str, typer.Argument(help="Local name, without the @.")]


def export(
    name: Name,
    csv_kind: Annotated[
        FileKind | None, typer.Option("--csv", help="One CSV file in Mastodon's format instead.")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="File to write; standard output without it.")] = None,
) -> None:
    """Write what this instance holds of a person, as JSON; nothing of members-only groups."""
    with opened() as database:
        text = database.run_read(_text, name, csv_kind)
    if output is None:
        print(text, end="")
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Invalid("The file %(name)s could not be written", name=str(output)) from error
    print(f"Wrote {output}")


def _text(unit: Unit, name: str, kind: FileKind | None) -> str:
    account = accounts.get_local(unit, name)
    if kind is not None:
        return member_files.write(unit, account, kind)
    return json.dumps(leaving.export(unit, account), indent=2, ensure_ascii=False) + "\n"


def bring_in(
    name: Name,
    kind: Annotated[FileKind, typer.Argument(help="What the file holds.")],
    file: Annotated[Path, typer.Argument(help="CSV in Mastodon's format.", exists=True, dir_okay=False)],
) -> None:
    """Bring in follows, lists, blocks, mutes or bookmarks from a file. Nothing that is there is taken away."""
    lines = member_files.read(kind, file.read_bytes())
    with opened() as database:
        _meet(database, database.run_read(_unknown, name, kind, lines))
        brought = database.run_write(_bring_in, name, kind, lines)
    print(f"{brought.done} of {len(lines)} lines brought in")
    for one in brought.missing:
        print(f"missing: {one}")


def _unknown(unit: Unit, name: str, kind: FileKind, lines: tuple[Line, ...]) -> list[str]:
    return member_files.unknown(unit, accounts.get_local(unit, name), kind, lines)


def _bring_in(unit: Unit, name: str, kind: FileKind, lines: tuple[Line, ...]) -> BroughtIn:
    return member_files.bring_in(unit, accounts.get_local(unit, name), kind, lines)


def _meet(database: Database, handles: list[str]) -> None:
    """Looks up who is not known here yet; instances that are not connected are not asked."""

    async def fetched() -> None:
        async with looking_up(database) as lookup:
            for handle in handles:
                await lookup.account(handle)

    if handles:
        asyncio.run(fetched())
