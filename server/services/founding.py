"""The first start of an instance, and every later opening of its database: secret, schema, name, instance actor.

It refuses another name than the one that stands in every id, a schema newer than this code, and a database whose
secret is gone.
"""

from __future__ import annotations

from collections.abc import Callable

from federation.keys import PrivateKey
from server.core.clock import Clock, SystemClock
from server.core.context import Context
from server.core.errors import SettingsError
from server.core.ids import Ids
from server.core.log import logger
from server.core.secrets import Sealer, load_or_create_secret
from server.core.settings import Settings
from server.services import accounts, recovery, register
from server.store import meta, schema
from server.store.presence import one_at_a_time
from server.store.session import Database, Unit

log = logger("founding")


def open_database(
    settings: Settings,
    clock: Clock | None = None,
    *,
    migrate: bool = True,
    rsa_key: Callable[[], PrivateKey] = PrivateKey.generate_rsa,
) -> Database:
    """The database of an instance, its schema fitting, its name checked. Makes secret, folder and rows on first use.

    Raises SettingsError.
    """
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise SettingsError(
            f"The data folder {settings.data_dir} cannot be made: {error.strerror}."
        ) from None
    if settings.sqlite_file.exists() and not settings.database_url and not settings.secret_path.exists():
        raise SettingsError(
            f"The secret file {settings.secret_path} is missing: without it no key of this instance opens. Put it back from where you keep it."
        )
    clock = clock or SystemClock()
    with one_at_a_time(settings.data_dir):
        sealer = Sealer(load_or_create_secret(settings.secret_path))
        database = Database(Context(settings, clock, Ids(clock), sealer, rsa_key))
        try:
            schema.prepare(database, migrate=migrate)
            database.run_write(_founded)
            _catch_up(database)
            database.write_ahead = register.write_ahead
        except BaseException:
            database.close()
            raise
    return database


def _catch_up(database: Database) -> None:
    """A database that came out of a backup: what was deleted since is taken away again, before anybody is served."""
    found = database.run_read(register.restored)
    if found is None:
        return
    path = database.context.settings.purge_register_path
    lines = list(register.read(path))

    def caught_up(unit: Unit) -> int:
        recovery.begin(unit, found.made_at - register.LOOK_BACK)
        return register.catch_up(unit, found, lines)

    taken = database.run_write(caught_up)
    log.warning("restored.caught_up", register=path.exists(), lines=len(lines), taken=taken)


def _founded(unit: Unit) -> None:
    """The first start stores the name; another name later refuses to start: it is in every id."""
    base = unit.context.settings.base
    stored = meta.get(unit, "base")
    if stored is None:
        meta.put(unit, "base", base)
    elif stored != base:
        raise SettingsError(
            f"This data belongs to {stored}; the settings say {base}. The name of an instance cannot change: set CONSILIUM_DOMAIN and CONSILIUM_SCHEME back."
        )
    accounts.ensure_instance_actor(unit)
