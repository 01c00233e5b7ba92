"""The instance that a command works on: its settings, its database, opened and closed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from server.core.clock import SystemClock
from server.core.context import Context
from server.core.envelopes import Identities
from server.core.errors import Invalid
from server.core.ids import Ids
from server.core.log import configure
from server.core.secrets import Sealer, load_or_create_secret
from server.core.settings import Settings, load_settings
from server.services.founding import open_database
from server.store.session import Database

SHORTEST_PASSPHRASE = 16


@contextmanager
def opened() -> Iterator[Database]:
    """Raises SettingsError with what to do about it."""
    settings = load_settings()
    configure(settings.log_level)
    database = open_database(settings)
    try:
        yield database
    finally:
        database.close()


@contextmanager
def opened_as_is(settings: Settings | None = None) -> Iterator[Database | None]:
    """The database as it stands, whatever its schema; None where there is none yet. Makes and changes nothing."""
    settings = settings or load_settings()
    configure(settings.log_level)
    if not (settings.database_url or settings.sqlite_file.exists()) or not settings.secret_path.exists():
        yield None
        return
    clock = SystemClock()
    sealer = Sealer(load_or_create_secret(settings.secret_path))
    database = Database(Context(settings, clock, Ids(clock), sealer))
    try:
        yield database
    finally:
        database.close()


def identities_of(file: Path | None) -> Identities | None:
    """None where no file is named. Raises Invalid."""
    if file is None:
        return None
    try:
        return Identities(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        raise Invalid("The file %(name)s could not be read", name=str(file)) from None


def passphrase_of(file: Path | None) -> str:
    """The first line of a file; "" where none is named. Raises Invalid."""
    if file is None:
        return ""
    try:
        found = file.read_text(encoding="utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError):
        raise Invalid("The file %(name)s could not be read", name=str(file)) from None
    if len(found) < SHORTEST_PASSPHRASE:
        raise Invalid(
            "The file %(name)s holds no passphrase of at least %(count)s characters",
            name=str(file),
            count=SHORTEST_PASSPHRASE,
        )
    return found
