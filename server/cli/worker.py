"""`consilium worker`: works the rows in a process of its own; hints come through Redis."""

from __future__ import annotations

import asyncio
import signal
import socket

import typer
import uvloop

from server.app import Instance, running
from server.cli.listening import AddressTakenError, metrics_listener, web_server
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
    listener = _metrics_listener(settings.metrics_bind)
    database = open_database(settings)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_work(database, listener))
    except KeyboardInterrupt:
        return
    finally:
        database.close()


def _metrics_listener(bind: str) -> socket.socket | None:
    """Another process of this machine may have the address, with the same environment: work goes before being watched."""
    try:
        return metrics_listener(bind)
    except AddressTakenError as error:
        log.warning("worker.no_metrics", why=str(error))
        return None


async def _work(database: Database, listener: socket.socket | None) -> None:
    """Until SIGTERM or SIGINT; what is under way is finished, ten seconds at most."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    async with running(database, as_worker=True) as instance:
        log.info("worker.started", base=database.context.settings.base)
        await asyncio.gather(stopping.wait(), _watched(instance, listener, stopping))


async def _watched(instance: Instance, listener: socket.socket | None, stopping: asyncio.Event) -> None:
    """Serves the metrics of this process, and nothing else."""
    if listener is None:
        return
    server = web_server(instance.metrics_application)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    await stopping.wait()
    server.should_exit = True
    await serving
