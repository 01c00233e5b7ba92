"""Follows, lists, blocks, mutes and bookmarks of a member as CSV in Mastodon's formats, out and in.

A file is read whole or refused with the number of its bad line. Bringing one in adds and never takes away; it refuses nothing
but says what is missing: who is not known here, or may not be followed. Groups are left out: one joins them, each by
its own rules. Nothing said in a members-only group leaves in a file.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from io import StringIO
from typing import Any

from server.core.errors import Conflict, Invalid, NotFound, NotPermitted
from server.domain.accounts import Account, AccountKind
from server.domain.member_files import BroughtIn, FileKind, Line
from server.domain.viewers import Member
from server.services import interactions, lists, relationships, search
from server.store import exports as rows
from server.store.session import Unit

LARGEST = 2 * 2**20
MOST_LINES = 10_000
LONGEST_NAME = 2048
LONGEST_TITLE = 200
NAMED = frozenset({FileKind.FOLLOWING, FileKind.LISTS, FileKind.BLOCKS, FileKind.MUTES})
"""Files of accounts."""
HEADERS = {
    FileKind.FOLLOWING: ("Account address", "Show boosts", "Notify on new posts", "Languages"),
    FileKind.MUTES: ("Account address", "Hide notifications"),
}
FIRST_CELLS = frozenset({"account address", "#domain", "#uri", "list name"})
_NO = frozenset({"false", "0", "f", "no"})
_YES = frozenset({"true", "1", "t", "yes"})


# -- out -------------------------------------------------------------------------------------------------


def write(unit: Unit, account: Account, kind: FileKind) -> str:
    """The file, with the header that Mastodon gives it, if any."""
    file = StringIO()
    writer = csv.writer(file, lineterminator="\n")
    if kind in HEADERS:
        writer.writerow(HEADERS[kind])
    writer.writerows(_cells(unit, account.id, kind))
    return file.getvalue()


def _cells(unit: Unit, account_id: int, kind: FileKind) -> Iterable[Sequence[str]]:
    match kind:
        case FileKind.FOLLOWING:
            for row in rows.follows(unit, account_id):
                languages = ", ".join(row.languages or ())
                yield _handle(unit, row), _word(row.reblogs), _word(row.notify), languages
        case FileKind.LISTS:
            for row in rows.lists(unit, account_id):
                yield row.title, _handle(unit, row)
        case FileKind.BLOCKS:
            for row in rows.blocks(unit, account_id):
                yield (_handle(unit, row),)
        case FileKind.MUTES:
            for row in rows.mutes(unit, account_id):
                yield _handle(unit, row), _word(row.notifications)
        case FileKind.DOMAIN_BLOCKS:
            yield from ((domain,) for domain in rows.domain_blocks(unit, account_id))
        case FileKind.BOOKMARKS:
            yield from ((uri,) for uri in rows.bookmarks(unit, account_id))


def _handle(unit: Unit, row: Any) -> str:
    return f"{row.username}@{row.domain or unit.context.settings.domain}"


def _word(value: object) -> str:
    return "true" if value else "false"


# -- in --------------------------------------------------------------------------------------------------


def read(kind: FileKind, data: bytes) -> tuple[Line, ...]:
    """Raises Invalid with the number of the first bad line."""
    if len(data) > LARGEST:
        raise Invalid("The file is too large")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid("The file is not text in UTF-8") from None
    found: dict[Line, None] = {}
    try:
        for number, cells in enumerate(csv.reader(StringIO(text), strict=True), 1):
            stripped = [cell.strip() for cell in cells]
            if not any(stripped) or (number == 1 and stripped[0].casefold() in FIRST_CELLS):
                continue
            if number > MOST_LINES:
                raise Invalid("The file has more than %(most)s lines", most=MOST_LINES)
            found[_line(kind, stripped, number)] = None
    except csv.Error:
        raise Invalid("The file is not CSV") from None
    return tuple(found)


def _line(kind: FileKind, cells: list[str], number: int) -> Line:
    def cell(index: int) -> str:
        return cells[index] if len(cells) > index else ""

    def truth(index: int, *, usual: bool) -> bool:
        word = cell(index).casefold()
        if word not in _YES | _NO | {""}:
            raise Invalid("Line %(number)s of the file cannot be read", number=number)
        return usual if not word else word in _YES

    title = cell(0) if kind is FileKind.LISTS else ""
    name = cell(1) if kind is FileKind.LISTS else cell(0)
    name = name.removeprefix("@") if kind in NAMED else name
    bad = not name or len(name) > LONGEST_NAME or len(title) > LONGEST_TITLE
    if (
        bad
        or "\0" in name + title
        or (kind is FileKind.LISTS and not title)
        or (kind in NAMED and " " in name)
    ):
        raise Invalid("Line %(number)s of the file cannot be read", number=number)
    if kind is FileKind.FOLLOWING:
        languages = tuple(word.strip() for word in cell(3).split(",") if word.strip())
        return Line(name, reblogs=truth(1, usual=True), notify=truth(2, usual=False), languages=languages)
    if kind is FileKind.MUTES:
        return Line(name, notifications=truth(1, usual=True))
    return Line(name, title)


def unknown(unit: Unit, account: Account, kind: FileKind, lines: Iterable[Line]) -> list[str]:
    """Handles of a file that nobody here knows yet, each once: to be looked up before it is brought in."""
    if kind not in NAMED:
        return []
    viewer = Member(account.id)
    names = dict.fromkeys(line.name for line in lines)
    return [name for name in names if "@" in name and search.find_account(unit, viewer, name) is None]


def bring_in(unit: Unit, account: Account, kind: FileKind, lines: Sequence[Line]) -> BroughtIn:
    """What is there already stays as it is, and counts."""
    act = _ACTS[kind]
    done, missing = 0, dict[str, None]()
    for line in lines:
        try:
            act(unit, account, line)
        except (NotFound, NotPermitted, Invalid, Conflict):
            missing[line.name] = None
        else:
            done += 1
    return BroughtIn(done, tuple(missing))


Act = Callable[[Unit, Account, Line], None]


def _person(unit: Unit, account: Account, line: Line) -> Account:
    found = search.find_account(unit, Member(account.id), line.name)
    if found is None or found.kind is AccountKind.GROUP:
        raise NotFound
    return found


def _follow(unit: Unit, account: Account, line: Line) -> None:
    target = _person(unit, account, line)
    relationships.follow(
        unit, account, target, reblogs=line.reblogs, notify=line.notify, languages=line.languages or None
    )


def _block(unit: Unit, account: Account, line: Line) -> None:
    relationships.block(unit, account, _person(unit, account, line))


def _mute(unit: Unit, account: Account, line: Line) -> None:
    relationships.mute(unit, account, _person(unit, account, line), notifications=line.notifications)


def _block_domain(unit: Unit, account: Account, line: Line) -> None:
    relationships.block_domain(unit, account, line.name)


def _bookmark(unit: Unit, account: Account, line: Line) -> None:
    post = search.post_at(unit, Member(account.id), line.name)
    if post is None:
        raise NotFound
    interactions.bookmark(unit, account, post.id)


def _list(unit: Unit, account: Account, line: Line) -> None:
    target = _person(unit, account, line)
    follow = relationships.find_follow(unit, account.id, target.id)
    if follow is None:
        raise NotFound
    known = next((one for one in lists.all_of(unit, account.id) if _same(one.title, line.title)), None)
    if known is not None and known.group_id is not None:
        raise NotFound
    wanted = known or lists.make(unit, account.id, line.title)
    lists.add_members(unit, account.id, wanted.id, [target.id])


def _same(one: str, other: str) -> bool:
    return one.strip() == other.strip()


_ACTS: dict[FileKind, Act] = {
    FileKind.FOLLOWING: _follow,
    FileKind.LISTS: _list,
    FileKind.BLOCKS: _block,
    FileKind.MUTES: _mute,
    FileKind.DOMAIN_BLOCKS: _block_domain,
    FileKind.BOOKMARKS: _bookmark,
}
