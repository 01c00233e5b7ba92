"""`consilium doctor`: says in plain words what is wrong with this installation, and what to do.

It changes nothing. It dials only what the settings name: the instance itself, Redis, the mail server.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

import typer

from server.cli import said
from server.cli.opened import opened_as_is
from server.core import probes
from server.core.clock import SystemClock
from server.core.errors import SettingsError
from server.core.probes import Answer, ProbeFailed
from server.core.settings import Settings, load_settings
from server.domain.remarks import Level, Remark, worst
from server.media.recordings import missing_programs
from server.services import diagnosis, storage
from server.store import schema
from server.store.session import Database

app = typer.Typer(rich_markup_mode=None, add_completion=False)
ACTIVITY_JSON = "application/activity+json"
MOST_ADDRESSES = 4


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Ask nothing of the network.")] = False,
) -> None:
    """Check name, TLS, clock, storage, database, queue, mail, settings, and whether videos are taken. Exits 1 when something is broken."""
    settings = load_settings()
    remarks = examine(settings, offline=offline)
    words = said.translator(settings)
    if as_json:
        said.print_json(said.as_json(remarks, words))
    else:
        said.lines(remarks, words, colours=False)
    if worst(remarks) is Level.FAIL:
        raise typer.Exit(1)


def examine(settings: Settings, *, offline: bool = False) -> list[Remark]:
    remarks: list[Remark] = []
    others: dict[str, datetime] = {}
    newest: datetime | None = None
    try:
        with opened_as_is(settings) as database:
            fit = database is not None and _database(remarks, database)
            if database is None and not settings.sqlite_file.exists():
                remarks.append(diagnosis.no_database(str(settings.data_dir)))
            if database is not None and fit:
                newest, theirs = database.run_read(diagnosis.times)
                if theirs is not None:
                    others["the database"] = theirs
            if not offline:
                _front_door(remarks, settings, database if fit else None, others)
    except SettingsError as error:
        remarks.append(diagnosis.database_broken(str(error)))
    remarks.append(diagnosis.clock(SystemClock().now(), others, newest))
    if settings.data_dir.exists():
        remarks += storage.access(settings.data_dir, settings.secret_path)
        file = None if settings.database_url else settings.sqlite_file
        remarks.append(storage.Space.of(settings.data_dir, file).remark())
    if settings.redis_url and not offline:
        remarks.append(diagnosis.redis(_problem(lambda: probes.redis_answers(settings.redis_url))))
    if settings.smtp_url and not offline:
        remarks.append(diagnosis.mail(_problem(lambda: probes.mail_answers(settings.smtp_url))))
    remarks.append(diagnosis.recordings(missing_programs()))
    return remarks + diagnosis.settings(settings)


def _database(remarks: list[Remark], database: Database) -> bool:
    """Whether the rows can be read by this version."""
    pending = schema.pending(database)
    remarks.append(diagnosis.migrations(pending))
    if pending:
        return False
    try:
        remarks += database.run_read(diagnosis.database)
    except schema.DATABASE_ERRORS as error:
        remarks.append(diagnosis.database_broken(schema.reason(error)))
        return False
    return True


def _front_door(
    remarks: list[Remark], settings: Settings, database: Database | None, others: dict[str, datetime]
) -> None:
    try:
        addresses = probes.addresses(settings)
    except ProbeFailed as problem:
        remarks.append(diagnosis.unresolved(settings.domain, str(problem)))
        return
    remarks.append(diagnosis.resolved(settings.domain, addresses))
    answer, problems = _answer(settings, addresses)
    remarks += [diagnosis.unreachable(settings.base, address, why) for address, why in problems.items()]
    if answer is None:
        return
    if database is not None:
        remarks.append(database.run_read(diagnosis.identity, answer.status, answer.body))
        if answer.expires is not None:
            database.run_write(diagnosis.saw_certificate, answer.expires)
    remarks.append(diagnosis.certificate(answer.expires, SystemClock().now()))
    if answer.date is not None:
        others[settings.domain] = answer.date


def _answer(settings: Settings, addresses: list[str]) -> tuple[Answer | None, dict[str, str]]:
    """The last answer, and what is wrong at which address: a peer may try any of them."""
    answer: Answer | None = None
    problems: dict[str, str] = {}
    for address in addresses[:MOST_ADDRESSES]:
        try:
            answer = probes.own_answer(settings, address, "/actor", ACTIVITY_JSON)
        except ProbeFailed as problem:
            problems[address] = str(problem)
    return answer, problems


def _problem(probe: Callable[[], None]) -> str | None:
    try:
        probe()
    except ProbeFailed as problem:
        return str(problem)
    return None
