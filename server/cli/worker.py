"""`consilium worker`: works the rows in a process of its own; hints come through Redis."""

from __future__ import annotations

import asyncio
import signal

import typer
import uvloop

from server.app import running
from server.core.errors import SettingsError
from server.core.log import configure, logger
from server.core.settings import load_settings
from server.services.founding import open_database
from server.store.session import Database

app = typer.Typer(rich_markup_mode=None)
log = logger("worker")


@app.command()
def worker() -> None:
    """Run a worker process (needs CONSILIUM_REDIS_URL). On PostgreSQL several may run at once, on several machines."""
    settings = load_settings()
    configure(settings.log_level)
    if not settings.redis_url:
        raise SettingsError(
            "A worker needs CONSILIUM_REDIS_URL; without Redis `consilium serve` does the work itself."
        )
    database = open_database(settings)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_work(database))
    except KeyboardInterrupt:
        return
    finally:
        database.close()


async def _work(database: Database) -> None:
    """Until SIGTERM or SIGINT; what is under way is finished, ten seconds at most."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    async with running(database, as_worker=True):
        log.info("worker.started", base=database.context.settings.base)
        await stopping.wait()
