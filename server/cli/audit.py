"""`consilium audit`: the log of who did what to whom, and whether it and the log of decisions are as they were."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Annotated, Any

import typer

from server.cli.opened import opened
from server.core.clock import iso
from server.core.errors import Invalid
from server.domain.seals import Check, Damage, SealedLog
from server.services import audit, instances, log_files, partner_heads, reads, seals
from server.services.log_files import LogForm
from server.store.session import Database, Unit

DAMAGE = {
    Damage.CHANGED: "row {next} is not what was sealed",
    Damage.MISSING: "row {next} is missing",
    Damage.TRUNCATED: "rows from {next} on are missing: the log was cut",
    Damage.START: "the beginning of the chain is not the one that this instance kept",
    Damage.HEAD: "the end of the chain is not the one that this instance kept",
}

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True, help="The audit log.")


@app.callback()
def root() -> None:
    """The audit log."""


@app.command("list")
def list_(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    limit: Annotated[int, typer.Option(help="How many entries, newest first.", min=1, max=10_000)] = 100,
    actor: Annotated[
        str, typer.Option(help="Who did it: `command`, `system`, `user:ID` or an instance.")
    ] = "",
    action: Annotated[str, typer.Option(help="What was done, such as `instance.trust` or `instance`.")] = "",
    target: Annotated[str, typer.Option(help="To what it was done.")] = "",
) -> None:
    """List entries, newest first."""

    def read(unit: Unit) -> list[dict[str, Any]]:
        found = audit.entries(unit, limit, actor=actor, action=action, target=target)
        return [{**entry, "id": str(entry["id"]), "at": iso(entry["at"])} for entry in found]

    with opened() as database:
        found = database.run_read(read)
    if as_json:
        print(json.dumps(found, indent=2, ensure_ascii=False))
        return
    for one in found:
        detail = ", ".join(
            f"{name} {value}" for name, value in one["detail"].items() if value not in {"", None}
        )
        print(f"{one['at']}  {one['actor']:<12} {one['action']:<24} {one['target']}  {detail}".rstrip())


@app.command()
def access(
    uri: Annotated[str, typer.Argument(help="The address of the post, as it federates.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Tell which members here were shown a post of a members-only group, and when. That this was asked is in the audit log."""
    with opened() as database:
        found = database.run_write(reads.of_object, "command", uri)
    if as_json:
        said = [
            {
                "account_id": str(one.account_id),
                "username": one.username or None,
                "depth": one.read.depth.name.lower(),
                "first_at": iso(one.read.first_at),
                "last_at": iso(one.read.last_at),
            }
            for one in found
        ]
        print(json.dumps({"uri": uri, "reads": said}, indent=2, ensure_ascii=False))
        return
    for one in found:
        who = f"@{one.username}" if one.username else f"account {one.account_id}, which is gone"
        print(f"{iso(one.read.first_at)}  {iso(one.read.last_at)}  {one.read.depth.name.lower():<7} {who}")
    if not found:
        print("No member here is recorded to have been shown a post with this address.")


@app.command()
def verify(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    head: Annotated[
        list[str] | None,
        typer.Option(
            help="A head that was written down before, LOG:NUMBER:SEAL; may be given several times."
        ),
    ] = None,
) -> None:
    """Look through the seals of the audit and decision logs. Exit status 1 where a row was changed, lost or cut off."""
    with opened() as database:
        found = [_looked_through(database, log) for log in SealedLog]
        waiting = {log: database.run_read(seals.waiting, log) for log in SealedLog}
        told = {words: database.run_read(seals.against, words) for words in head or ()}
    if as_json:
        said = [
            {
                "log": one.log.value,
                "sealed": one.sequence,
                "let_go": one.start,
                "unsealed": waiting[one.log].count,
                "head": one.head.words() if one.head else None,
                "damage": one.damage.value if one.damage else None,
                "at_row": one.sequence + 1 if one.damage else None,
            }
            for one in found
        ]
        print(json.dumps({"logs": said, "heads": told}, indent=2))
    else:
        for one in found:
            _say(one, waiting[one.log].count)
        for words, held in told.items():
            print(f"{'unchanged' if held else 'NOT FOUND'}  {words}")
    if any(one.damage for one in found) or not all(told.values()):
        raise typer.Exit(1)


@app.command()
def heads(
    domain: Annotated[str, typer.Argument(help="The partner.", metavar="DOMAIN")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Tell where the logs of a partner ended, as it told this instance with each probe: for the partner's auditor, who compares."""
    with opened() as database:
        found = database.run_read(partner_heads.of, instances.canonical(domain))
    if as_json:
        print(json.dumps([{"at": iso(one.at), "head": one.words()} for one in found], indent=2))
        return
    for one in found:
        print(f"{iso(one.at)}  {one.words()}")
    if not found:
        print("Nothing is kept of this instance's logs.")


def _looked_through(database: Database, log: SealedLog) -> Check:
    check = database.run_read(seals.begin, log)
    while not check.finished:
        check = database.run_read(seals.go_on, check)
        if check.head and sys.stderr.isatty():
            print(f"\r{log.value}: {check.sequence} of {check.head.sequence}", end="", file=sys.stderr)
    if check.head and sys.stderr.isatty():
        print(file=sys.stderr)
    return check


def _say(check: Check, unsealed: int) -> None:
    name = check.log.value
    if check.damage:
        print(f"{name}: DAMAGED, {DAMAGE[check.damage].format(next=check.sequence + 1)}")
        return
    print(f"{name}: {check.sequence - check.start} rows sealed and unchanged, {unsealed} not sealed yet")
    if check.start:
        print(f"  rows up to {check.start} went when their time was over")
    if check.head:
        print(f"  head {check.head.words()}")


@app.command()
def export(
    file: Annotated[Path | None, typer.Argument(help="Where to write; standard output without it.")] = None,
    log: Annotated[SealedLog, typer.Option(help="Which log.")] = SealedLog.AUDIT,
    since: Annotated[datetime | None, typer.Option(help="From this time on, in UTC.")] = None,
    until: Annotated[datetime | None, typer.Option(help="Before this time, in UTC.")] = None,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="CSV instead of a line of JSON for each entry.")
    ] = False,
) -> None:
    """Write a log out for the auditor, oldest first, times in UTC, seals included."""
    first = (since or datetime(1970, 1, 1, tzinfo=UTC)).replace(tzinfo=UTC)
    last = (until or datetime(9999, 1, 1, tzinfo=UTC)).replace(tzinfo=UTC)
    with opened() as database, _writing(file) as out:
        number = _write(database, out, log, LogForm.CSV if as_csv else LogForm.JSON, first, last)
    if file is not None:
        print(f"{number} entries written to {file}")


@contextmanager
def _writing(file: Path | None) -> Iterator[IO[str]]:
    if file is None:
        yield sys.stdout
        return
    try:
        with file.open("x", encoding="utf-8", newline="") as out:
            try:
                yield out
            except BaseException:
                file.unlink()
                raise
    except FileExistsError:
        raise Invalid("%(file)s is there already; nothing was written", file=str(file)) from None
    except OSError as error:
        raise Invalid(
            "%(file)s cannot be written: %(why)s", file=str(file), why=error.strerror or ""
        ) from None


def _write(
    database: Database, out: IO[str], log: SealedLog, form: LogForm, since: datetime, until: datetime
) -> int:
    """How many entries."""
    total = last = 0
    while True:
        text, number, last = database.run_read(log_files.page, log, form, since, until, last)
        if not number:
            return total
        out.write(text)
        total += number
