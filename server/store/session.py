"""Units of work: `await db.read(fn, …)` and `await db.write(fn, …)`.

A unit is a synchronous function that takes a `Unit` first. It cannot await, so no network call ever happens
inside a transaction. On SQLite one writer thread batches the waiting units into one transaction, a savepoint
each, and answers after the commit; on PostgreSQL units run on a few threads, a transaction each, and are tried
again on a serialisation failure. What a unit raises rolls that unit back and reaches its caller.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, Executable, Row, create_engine, event
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import NullPool

from server.core.context import Context
from server.core.errors import Overloaded
from server.core.log import logger
from server.domain.changes import Change, ChangeKind
from server.domain.posts import Tombstone
from server.domain.work import Hint
from server.store.faults import is_fatal, translate
from server.store.tables.work import change as change_table

P = ParamSpec("P")
R = TypeVar("R")

READERS = 3
POSTGRESQL_WRITERS = 6
BATCH = 64
WAITING_LIMIT = 5000
TRIED_AGAIN = {"40001", "40P01", "23505", "23503"}
"""Serialisation failures, deadlocks, and a row that another transaction added or took away first: the next try sees it."""

log = logger("store")


@dataclass(slots=True)
class Unit:
    """One transaction's view of the database, with the surroundings that services need.

    now: the unit's one moment. changes, hints: told to listeners after the commit. buried: written down before it.
    """

    connection: Connection
    context: Context
    now: datetime
    changes: list[Change] = field(default_factory=list)
    hints: set[Hint] = field(default_factory=set)
    buried: list[Tombstone] = field(default_factory=list)

    def all(self, statement: Executable, parameters: Any = None) -> Sequence[Row[Any]]:
        return self.connection.execute(statement, parameters).all()

    def first(self, statement: Executable, parameters: Any = None) -> Row[Any] | None:
        return self.connection.execute(statement, parameters).first()

    def value(self, statement: Executable, parameters: Any = None) -> Any:
        """First column of the first row, or None."""
        return self.connection.execute(statement, parameters).scalar()

    def run(self, statement: Executable, parameters: Any = None) -> int:
        """Executes and answers the number of rows touched."""
        return self.connection.execute(statement, parameters).rowcount

    @property
    def is_sqlite(self) -> bool:
        return self.connection.dialect.name == "sqlite"

    def new_id(self) -> int:
        return self.context.ids.next()

    def changed(self, kind: ChangeKind, key: object) -> None:
        """Tells every process that what it remembers of `key` is old."""
        change = Change(kind, str(key))
        self.changes.append(change)
        self.run(change_table.insert(), {"kind": kind.value, "key": change.key, "at": self.now})

    @contextmanager
    def undone(self) -> Iterator[None]:
        """What is written within can be read within, and is taken back at its end: for looking at what would be."""
        changes, hints, buried = len(self.changes), set(self.hints), len(self.buried)
        self.connection.exec_driver_sql("SAVEPOINT undone")
        try:
            yield
        finally:
            self.connection.exec_driver_sql("ROLLBACK TO SAVEPOINT undone")
            self.connection.exec_driver_sql("RELEASE SAVEPOINT undone")
            del self.changes[changes:]
            del self.buried[buried:]
            self.hints = hints

    def hint(self, hint: Hint) -> None:
        self.hints.add(hint)


@dataclass(slots=True)
class _Job:
    work: Callable[[Unit], Any]
    result: Future[Any]
    unit: Unit | None = None
    value: Any = None


Listener = Callable[[Iterable[Change], Iterable[Hint]], None]


class Database:
    """Opens units on one engine.

    listeners are called on the writer's thread, after the commit and before the unit's caller hears of it: they must only
    hand over. write_ahead is called before the commit of a unit that has buried something; where it raises, the unit fails.
    """

    def __init__(self, context: Context) -> None:
        self.context = context
        self.engine = _engine(context)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self.listeners: list[Listener] = []
        self.write_ahead: Callable[[Unit], None] | None = None
        self._readers = ThreadPoolExecutor(READERS, "store-read")
        self._local = threading.local()
        self._connections: list[Connection] = []
        self._waiting: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._writer: threading.Thread | None = None
        self._pool = None if self.is_sqlite else ThreadPoolExecutor(POSTGRESQL_WRITERS, "store-write")

    async def read(self, fn: Callable[Concatenate[Unit, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Runs `fn(unit, …)` on a consistent snapshot."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._readers, lambda: self._read(lambda unit: fn(unit, *args, **kwargs))
        )

    async def glance(self, fn: Callable[Concatenate[Unit, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """`read` for a few rows that are found by key.

        On SQLite it runs at once, on the loop's thread: the hop to another and back costs more than such rows do.
        Whatever could be long, a list or a search, is no glance.
        """
        if self.is_sqlite:
            return self.run_read(fn, *args, **kwargs)
        return await self.read(fn, *args, **kwargs)

    async def write(self, fn: Callable[Concatenate[Unit, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Runs `fn(unit, …)` and answers after the commit. Raises StorageFull, Overloaded, and what fn raises."""
        job = _Job(lambda unit: fn(unit, *args, **kwargs), Future())
        if self._pool is not None:
            self._pool.submit(self._write_postgresql, job)
        else:
            if self._waiting.qsize() > WAITING_LIMIT:
                raise Overloaded
            self._ensure_writer()
            self._waiting.put(job)
        # shielded: a caller that goes away must not cancel a unit that is already on its way
        result: R = await asyncio.shield(asyncio.wrap_future(job.result))
        return result

    def run_read(self, fn: Callable[Concatenate[Unit, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """`read` for a caller without an event loop."""
        return self._read(lambda unit: fn(unit, *args, **kwargs))

    def run_write(self, fn: Callable[Concatenate[Unit, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """`write` for a caller without an event loop: a command, the first start."""
        job = _Job(lambda unit: fn(unit, *args, **kwargs), Future())
        if self._pool is not None:
            self._write_postgresql(job)
        else:
            self._ensure_writer()
            self._waiting.put(job)
        result: R = job.result.result()
        return result

    def close(self) -> None:
        """Finishes what is waiting, then closes every connection."""
        if self._writer is not None:
            self._waiting.put(None)
            self._writer.join(10)
        if self._pool is not None:
            self._pool.shutdown()
        self._readers.shutdown()
        for connection in self._connections:
            connection.close()
        self.engine.dispose()

    # -- reading -------------------------------------------------------------------------------------

    def _read(self, work: Callable[[Unit], R]) -> R:
        if not self.is_sqlite:
            return self._read_postgresql(work)
        try:
            return self._read_sqlite(work)
        except (DBAPIError, StopIteration) as error:
            raise translate(error) from error

    def _read_sqlite(self, work: Callable[[Unit], R]) -> R:
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._open()
            connection.exec_driver_sql("PRAGMA query_only=ON")
            self._local.connection = connection
        _say(connection, "BEGIN")
        try:
            return work(Unit(connection, self.context, self.context.clock.now()))
        finally:
            _quietly_roll_back(connection)

    def _read_postgresql(self, work: Callable[[Unit], R]) -> R:
        try:
            with self.engine.connect().execution_options(isolation_level="REPEATABLE READ") as pooled:
                return work(Unit(pooled, self.context, self.context.clock.now()))
        except (DBAPIError, StopIteration) as error:
            raise translate(error) from error

    def _open(self) -> Connection:
        connection = self.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        self._connections.append(connection)
        return connection

    # -- writing on SQLite ---------------------------------------------------------------------------

    def _ensure_writer(self) -> None:
        if self._writer is None:
            self._writer = threading.Thread(target=self._write_loop, name="store-write", daemon=True)
            self._writer.start()

    def _write_loop(self) -> None:
        connection: Connection | None = None
        while True:
            first = self._waiting.get()
            if first is None:
                return
            try:
                connection = connection or self._open()
            except Exception as error:  # noqa: BLE001  a disk that is full now may have room for the next unit
                first.result.set_exception(translate(error))
                continue
            batch, ending = [first], False
            while len(batch) < BATCH:
                try:
                    job = self._waiting.get_nowait()
                except queue.Empty:
                    break
                if job is None:
                    ending = True
                    break
                batch.append(job)
            self._write_batch(connection, batch)
            if ending:
                return

    def _write_batch(self, connection: Connection, batch: list[_Job]) -> None:
        done: list[_Job] = []
        try:
            _say(connection, "BEGIN IMMEDIATE")
            done.extend(job for job in batch if self._in_savepoint(connection, job))
            _say(connection, "COMMIT")
        except BaseException as error:  # noqa: BLE001  whatever it is, each caller must hear of it
            _quietly_roll_back(connection)
            translated = translate(error)
            for job in batch:
                if not job.result.done():
                    job.result.set_exception(translated)
            return
        self._announce(done)

    def _in_savepoint(self, connection: Connection, job: _Job) -> bool:
        """True when the unit is in the transaction; False when it failed alone and was told so."""
        _say(connection, "SAVEPOINT unit")
        job.unit = Unit(connection, self.context, self.context.clock.now())
        try:
            job.value = self._worked(job, job.unit)
        except BaseException as error:
            if is_fatal(error):
                raise
            _say(connection, "ROLLBACK TO unit")
            _say(connection, "RELEASE unit")
            job.result.set_exception(translate(error))
            return False
        _say(connection, "RELEASE unit")
        return True

    # -- writing on PostgreSQL -----------------------------------------------------------------------

    def _write_postgresql(self, job: _Job) -> None:
        for attempt in range(4):
            try:
                with self.engine.begin() as connection:
                    job.unit = Unit(connection, self.context, self.context.clock.now())
                    job.value = self._worked(job, job.unit)
            except DBAPIError as error:
                state = getattr(error.orig, "sqlstate", None)
                if attempt < 3 and state in TRIED_AGAIN:
                    continue
                job.result.set_exception(translate(error))
                return
            except BaseException as error:  # noqa: BLE001  the caller must hear of it
                job.result.set_exception(translate(error))
                return
            self._announce([job])
            return

    def _worked(self, job: _Job, unit: Unit) -> Any:
        value = job.work(unit)
        if unit.hints and not self.listeners:
            unit.changed(ChangeKind.WORK, "")  # nobody here works it: those who do hear of it within a second
        if unit.buried and self.write_ahead is not None:
            self.write_ahead(unit)
        return value

    def _announce(self, done: list[_Job]) -> None:
        changes = [change for job in done if job.unit for change in job.unit.changes]
        hints = {hint for job in done if job.unit for hint in job.unit.hints}
        if changes or hints:
            for listener in self.listeners:
                try:
                    listener(changes, hints)
                except Exception as error:  # noqa: BLE001  the work is committed; a sweep finds it
                    log.error("store.listener_failed", error=type(error).__name__)
        for job in done:
            job.result.set_result(job.value)


def _engine(context: Context) -> Engine:
    url = context.settings.sqlalchemy_url
    if not url.startswith("sqlite"):
        return create_engine(
            url,
            pool_size=POSTGRESQL_WRITERS + READERS + 2,
            max_overflow=4,
            pool_pre_ping=True,
            hide_parameters=True,  # an error must not carry text of people into a log
            # compiling a statement of the visibility predicate would take a hundred times what running it takes
            connect_args={"options": "-c jit=off"},
        )
    engine = create_engine(
        url,
        poolclass=NullPool,
        hide_parameters=True,
        connect_args={"check_same_thread": False, "cached_statements": 512},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
    for pragma in (
        "busy_timeout=5000",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",
        "journal_size_limit=67108864",
        "cache_size=-16384",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _say(connection: Connection, words: str) -> None:
    """Where a transaction begins or ends: not by SQLAlchemy, which would take as long to say this as to read a row."""
    driven: sqlite3.Connection | None = connection.connection.driver_connection
    if driven is None:
        raise Overloaded
    try:
        driven.execute(words)
    except sqlite3.Error as error:
        raise OperationalError(words, None, error) from error


def _quietly_roll_back(connection: Connection) -> None:
    # SQLite may have rolled back by itself, as it does when the disk is full
    with suppress(DBAPIError, Overloaded):
        _say(connection, "ROLLBACK")
