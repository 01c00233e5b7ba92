"""`consilium demo`: three instances on this machine, two hospitals and a society, tell their story; a fourth is refused.

Real processes, real signatures, real deliveries over loopback. With `--once` the exit status is 0 only if each
step was seen on the other side; without it they go on serving, and so does a page for a hospital's board.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.table import Table

from server.cli.demo_board import Board
from server.cli.demo_group import GroupChapter
from server.cli.demo_page import open_in_browser, serving
from server.cli.demo_story import Person, Place, Story, StoryFailed
from server.core.errors import SettingsError
from server.core.settings import PostsCeiling, Settings
from server.domain.trust import Trust
from server.domain.users import Role
from server.services import accounts, audit, instances, signin, tokens
from server.services.founding import open_database
from server.store.session import Unit

app = typer.Typer(rich_markup_mode=None)

FIRST_PORT = 8401
STARTED_WITHIN = 20.0
COMMAND_WITHIN = 120.0
SCOPES = ("read", "write", "follow", "push")
PEOPLE = {
    "hospital": ("amara", "Dr Amara Diallo, cardiology"),
    "clinic": ("mei", "Dr Mei Tanaka, intensive care"),
    "society": ("lukas", "Dr Lukas Meyer, electrophysiology"),
    "stranger": ("visitor", "A visitor"),
}
ADMINISTRATOR = ("ines", "Ines Weber, information technology")
HOUSES = ("hospital", "clinic", "society")
TITLES = {
    "hospital": "St Camillus Hospital",
    "clinic": "Bay Clinic",
    "society": "Society of Cardiology",
    "stranger": "Somebody else",
}
COLOURS = {"hospital": "cyan", "clinic": "blue", "society": "magenta", "stranger": "yellow"}


@dataclass(slots=True)
class Served:
    """A demo instance: its settings and its process."""

    settings: Settings
    port: int
    process: subprocess.Popen[bytes]


@app.command()
def demo(
    directory: Annotated[
        Path | None, typer.Option("--dir", help="Folder for the data; a new temporary one when not given.")
    ] = None,
    once: Annotated[
        bool, typer.Option("--once", help="End after the story; exit status 0 only if every step was seen.")
    ] = False,
) -> None:
    """Two hospitals and a society on this machine exchange posts, refuse a stranger, and discuss in a closed group.

    Afterwards a page for a hospital's board, on this machine alone, takes them through a case step by step.
    """
    console = Console(highlight=False)
    folder = directory or Path(tempfile.mkdtemp(prefix="consilium-demo-"))
    console.print(
        "\n[bold]Consilium[/bold]: three houses on this machine, "
        + ", ".join(f"[{COLOURS[name]}]{name}[/{COLOURS[name]}]" for name in HOUSES)
        + "."
    )
    console.print(f"[dim]Everything is real but the patients. Data: {folder}[/dim]\n")
    password = secrets.token_urlsafe(9)
    with contextlib.ExitStack() as stack:
        served, places = {}, {}
        *ports, board_port = _free_ports(len(PEOPLE) + 1)
        for name, port in zip(PEOPLE, ports, strict=True):
            served[name], places[name] = _start(stack, folder, name, port, password)
        for name in PEOPLE:
            _await_ready(served[name])
        try:
            story = Story(console, places["hospital"], places["society"], places["stranger"])
            story.tell()
            GroupChapter(story, *(places[name] for name in HOUSES)).tell()
            board = None if once else _prepared(story, places)
        except StoryFailed as failed:
            console.print(f"\n[bold red]The story broke off:[/bold red] {failed}")
            raise typer.Exit(1) from None
        _show_crossings(console, served)
        _show_logins(console, served, password)
        if board is not None:
            address = stack.enter_context(serving(board, board_port))
            console.print(
                f"\nThe story for a hospital's board, step by step, two minutes: [bold]{address}[/bold]"
            )
            open_in_browser(address)
            console.print("The houses keep serving. [bold]Ctrl-C[/bold] ends them.")
            _wait(served)


def _prepared(story: Story, places: dict[str, Place]) -> Board:
    board = Board(story, *(places[name] for name in PEOPLE))
    board.prepare()
    return board


def _start(
    stack: contextlib.ExitStack, folder: Path, name: str, port: int, password: str
) -> tuple[Served, Place]:
    """An instance with one member and a token, running."""
    settings = Settings(
        domain=f"{name}.localhost:{port}",
        scheme="http",
        title=TITLES[name],
        data_dir=folder / name,
        posts=PostsCeiling.PUBLIC,
        rate_limits=False,
        log_level="info",
    )
    database = open_database(settings)
    try:
        username, display_name = PEOPLE[name]
        database.run_write(_furnish, *ADMINISTRATOR, password, Role.ADMIN)
        token = database.run_write(_furnish, username, display_name, password, Role.MEMBER)
    finally:
        database.close()
    environment = os.environ | {
        "CONSILIUM_DOMAIN": settings.domain,
        "CONSILIUM_SCHEME": "http",
        "CONSILIUM_TITLE": settings.title,
        "CONSILIUM_DATA_DIR": str(settings.data_dir),
        "CONSILIUM_POSTS": "public",
        "CONSILIUM_RATE_LIMITS": "off",
        "CONSILIUM_LOG_LEVEL": os.environ.get("CONSILIUM_LOG_LEVEL", "error"),
        "CONSILIUM_DANGEROUS_PRIVATE_ADDRESSES": ",".join(f"{one}.localhost" for one in PEOPLE),
        "CONSILIUM_DATABASE_URL": "",
        "CONSILIUM_REDIS_URL": "",
    }
    process = subprocess.Popen(  # noqa: S603  this interpreter and our own words
        [sys.executable, "-m", "server", "serve", "--port", str(port)],
        env=environment,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    stack.callback(_end, process)
    client = stack.enter_context(
        httpx.Client(
            base_url=f"http://127.0.0.1:{port}",
            headers={"Host": settings.domain},
            timeout=20,
            trust_env=False,
        )
    )
    place = Place(
        name,
        settings.domain,
        COLOURS[name],
        client,
        Person(username, token),
        lambda domain: _allow(settings, domain),
        password,
        lambda words: _run(environment, words),
        settings,
    )
    return Served(settings, port, process), place


def _run(environment: dict[str, str], words: Sequence[str]) -> tuple[int, str]:
    """A command as an administrator types it: a process of its own beside the server."""
    done = subprocess.run(  # noqa: S603  this interpreter and our own words
        [sys.executable, "-m", "server", *words],
        env=environment,
        capture_output=True,
        text=True,
        timeout=COMMAND_WITHIN,
        check=False,
    )
    return done.returncode, done.stdout or done.stderr


def _furnish(unit: Unit, username: str, display_name: str, password: str, role: Role) -> str:
    """Somebody who may sign in, and a token for the story."""
    if (known := accounts.find_local(unit, username)) is not None:
        user, account = accounts.owner(unit, known), known
        assert user is not None
    else:
        hashed = signin.hash_password(password)
        user, account = accounts.create_user(
            unit,
            "command",
            username,
            f"{username}@example.org",
            password_hash=hashed,
            role=role,
            display_name=display_name,
        )
    return tokens.mint(unit, tokens.command_app(unit), SCOPES, user_id=user.id, account_id=account.id).text


def _allow(settings: Settings, domain: str) -> None:
    """What `consilium instance allow` does: another process changes the table, the running server hears of it."""
    database = open_database(settings)
    try:
        database.run_write(
            lambda unit: instances.set_trust(unit, "command", instances.canonical(domain), Trust.ALLOWED)
        )
    finally:
        database.close()


def _free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now; each is looked at once, since our processes have not begun to listen."""
    free: list[int] = []
    for port in range(FIRST_PORT, FIRST_PORT + 200):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            free.append(port)
        if len(free) == count:
            return free
    raise SettingsError("The demo needs five free ports between 8401 and 8600.")


def _await_ready(served: Served) -> None:
    until = time.monotonic() + STARTED_WITHIN
    while time.monotonic() < until:
        if served.process.poll() is not None:
            break
        with contextlib.suppress(httpx.HTTPError):
            if (
                httpx.get(f"http://127.0.0.1:{served.port}/readyz", trust_env=False).status_code
                == httpx.codes.OK
            ):
                return
        time.sleep(0.05)
    raise SettingsError(f"{served.settings.domain} did not start; run `consilium serve` to see why.")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()


def _show_crossings(console: Console, served: dict[str, Served]) -> None:
    """What crossed each boundary, and by which rule: from the decision logs."""
    table = Table(title="\nWhat crossed the boundaries, from the decision logs", title_justify="left")
    for column in ("house", "way", "other house", "allowed", "denied", "rules"):
        table.add_column(column)
    for name in HOUSES:
        database = open_database(served[name].settings)
        try:
            rows = database.run_read(audit.summary)
        finally:
            database.close()
        for way, peer, allowed, denied, rules in rows:
            table.add_row(name, way, peer, str(allowed), str(denied), ", ".join(rules))
    console.print(table)


def _show_logins(console: Console, served: dict[str, Served], password: str) -> None:
    table = Table(title="\nLook around", title_justify="left")
    for column in ("address", "doctor", "administrator", "password"):
        table.add_column(column, no_wrap=True)
    for name in HOUSES:
        table.add_row(served[name].settings.base + "/", PEOPLE[name][0], ADMINISTRATOR[0], password)
    console.print(table)


def _wait(served: dict[str, Served]) -> None:
    with contextlib.suppress(KeyboardInterrupt), _terminated():
        while all(one.process.poll() is None for one in served.values()):
            time.sleep(0.5)


@contextlib.contextmanager
def _terminated() -> Iterator[None]:
    """SIGTERM ends the demo as Ctrl-C does."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
