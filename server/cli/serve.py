"""`consilium serve`: the web server and, without Redis, the embedded runner."""

from __future__ import annotations

import asyncio
import signal
import socket
from dataclasses import dataclass
from typing import Annotated

import typer
import uvloop

from server.app import Instance, running
from server.cli.listening import listen, metrics_listener, web_server
from server.cli.processes import run_many
from server.core.errors import SettingsError
from server.core.log import configure, logger
from server.core.settings import Settings, load_settings
from server.domain.users import Purpose, Role
from server.services import invitations
from server.services.founding import open_database
from server.store import users
from server.store.session import Database, Unit

app = typer.Typer(rich_markup_mode=None)
log = logger("serve")


@dataclass(frozen=True, slots=True)
class _Listeners:
    """Bound once, however many processes answer. metrics: of CONSILIUM_METRICS_BIND, where that is set."""

    main: socket.socket
    metrics: socket.socket | None


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8000,
    workers: Annotated[
        int, typer.Option(help="Web processes; one of them does the work beside.", min=1, max=64)
    ] = 1,
    no_migrate: Annotated[
        bool, typer.Option("--no-migrate", help="Refuse to start rather than upgrade the schema.")
    ] = False,
) -> None:
    """Run the web server, and without Redis the work beside it."""
    settings = load_settings()
    configure(settings.log_level)
    database = open_database(settings, migrate=not no_migrate)
    try:
        _welcome(database)
        listeners = _bind(host, port, settings.metrics_bind)
        if workers == 1:
            _run(database, listeners)
    finally:
        database.close()
    if workers > 1:
        run_many(workers, lambda: _beside(settings, listeners))


def _welcome(database: Database) -> None:
    """On an empty house: the one-time link by which the first administrator comes in."""
    link = database.run_write(_setup_link)
    if link is not None:
        print(f"\nThis instance has no administrator yet. Open this link, once:\n\n  {link}\n", flush=True)


def _setup_link(unit: Unit) -> str | None:
    if users.total(unit) > 0:
        return None
    return invitations.address(
        unit, invitations.make(unit, "command", purpose=Purpose.SETUP, role=Role.ADMIN)
    )


def _bind(host: str, port: int, metrics: str) -> _Listeners:
    """metrics: `host:port` of CONSILIUM_METRICS_BIND, or empty."""
    second = metrics_listener(metrics)
    try:
        return _Listeners(listen(host, port), second)
    except SettingsError:
        if second is not None:
            second.close()
        raise


def _beside(settings: Settings, listeners: _Listeners) -> None:
    """One of several processes, with a database of its own."""
    database = open_database(settings)
    try:
        _run(database, listeners, beside=True)
    finally:
        database.close()


def _run(database: Database, listeners: _Listeners, *, beside: bool = False) -> None:
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(database, listeners, beside=beside))
    except KeyboardInterrupt:
        return


async def _serve(database: Database, listeners: _Listeners, *, beside: bool) -> None:
    async with running(database, beside=beside) as instance:
        await _listen_until_stopped(instance, listeners)


async def _listen_until_stopped(instance: Instance, listeners: _Listeners) -> None:
    """Serves HTTP until SIGTERM or SIGINT, then finishes what is in flight, ten seconds at most."""
    servers = [(web_server(instance), [listeners.main])]
    if listeners.metrics is not None:
        servers.append((web_server(instance.metrics_application), [listeners.metrics]))

    def stop() -> None:
        instance.house.health.stopping = True
        instance.house.hub.end_all()  # apps come back to whoever serves next
        for server, _ in servers:
            server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    log.info("serve.started", base=instance.settings.base)
    await asyncio.gather(*(server.serve(sockets=sockets) for server, sockets in servers))
