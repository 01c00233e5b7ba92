"""The board's page: on a loopback port of the demo's own, never part of an instance. One press of "next" is one real step.

It refuses names that are not this machine's, forms that are not its own, and a step that was taken already: two windows, a
reload and the way back lead to where the story stands.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
import sys
import threading
import time
import webbrowser
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlencode

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from server.cli.demo_board import Board
from server.cli.demo_scenes import Scene
from server.cli.demo_story import StoryFailed
from server.core.clock import SystemClock
from server.core.i18n import LANGUAGES, N_, Catalogue, Translator, negotiate
from server.services import explanations
from server.web.kit.pages import TEMPLATES, Pages

SHEETS = {
    "consilium.css": TEMPLATES.parent / "static" / "consilium.css",
    "board.css": TEMPLATES / "demo" / "board.css",
}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Cache-Control": "private, no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
LARGEST_FORM = 4096
STARTED_WITHIN = 10.0
NOTICES = {
    "taken": N_("That step was taken already; it is not done twice. This is where the story stands."),
    "broken": N_("The step broke off. Press again: what was done already is not done twice."),
    "foreign": N_("That form was not from this page as it stands now. Nothing was done."),
}


class BoardPage:
    """The scenes so far, and the way to the next. Steps are taken one at a time, whoever presses."""

    def __init__(self, board: Board, hosts: frozenset[str]) -> None:
        self._board = board
        self._hosts = hosts
        self._catalogue = Catalogue()
        self._pages = Pages()
        self._ticket = secrets.token_urlsafe(16)
        self._turn = threading.Lock()
        self._scenes: list[Scene] = [board.opening()]

    def application(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/", self._show),
                Route("/next", self._next, methods=["POST"]),
                Route("/{name}", self._sheet),
            ]
        )

    async def _show(self, request: Request) -> Response:
        if request.headers.get("host") not in self._hosts:
            return PlainTextResponse("This page is for this machine only.", 403, HEADERS)
        words = self._words(request, request.query_params.get("language", ""))
        asked = request.query_params.get("step", "")
        last = len(self._scenes) - 1
        at = min(int(asked), last) if asked.isascii() and asked.isdecimal() and len(asked) < 3 else last
        notice = NOTICES.get(request.query_params.get("notice", ""), "")
        return Response(self._page(words, at, last, notice), 200, HEADERS, "text/html")

    async def _next(self, request: Request) -> Response:
        """Takes the next step, if the form is of the page as it stands."""
        if request.headers.get("host") not in self._hosts:
            return PlainTextResponse("This page is for this machine only.", 403, HEADERS)
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > LARGEST_FORM:
                return PlainTextResponse("The form is too large.", 413, HEADERS)
        fields = {name: values[0] for name, values in parse_qs(body.decode("ascii", "replace")).items()}
        words = self._words(request, fields.get("language", ""))
        if not secrets.compare_digest(fields.get("ticket", "").encode(), self._ticket.encode()):
            notice = "foreign"
        else:
            notice = await run_in_threadpool(self._take, fields.get("taken", ""), words)
        query = {"language": words.language} | ({"notice": notice} if notice else {})
        return RedirectResponse(f"/?{urlencode(query)}", 303, HEADERS)

    def _take(self, taken: str, words: Translator) -> str:
        """What there is to say about it, or ""."""
        with self._turn:
            done = len(self._scenes) - 1
            if taken != str(done) or done == len(self._board.steps):
                return "taken"
            try:
                self._scenes.append(self._board.steps[done].take(words))
            except StoryFailed as failed:
                print(f"The board's story broke off: {failed}", file=sys.stderr)
                return "broken"
            return ""

    async def _sheet(self, request: Request) -> Response:
        found = SHEETS.get(request.path_params["name"])
        return FileResponse(found) if found else PlainTextResponse("Not found", 404, HEADERS)

    def _words(self, request: Request, chosen: str) -> Translator:
        language = negotiate(request.headers.get("accept-language", ""), chosen)
        return self._catalogue.translator(language, os.environ.get("TZ", ""))

    def _page(self, words: Translator, at: int, last: int, notice: str) -> str:
        steps = self._board.steps
        values: dict[str, Any] = {
            "translator": words,
            "language": words.language,
            "languages": LANGUAGES,
            "scene": self._scenes[at],
            "at": at,
            "last": last,
            "titles": [scene.title for scene in self._scenes],
            "upcoming": [step.title for step in steps[last:]],
            "ticket": self._ticket,
            "notice": notice,
            "now": SystemClock().now(),
            "said": lambda one: explanations.sentence(one, words),
            "sentence": lambda line: words.gettext(line.message, **_shown(line.values, words)),
        }
        return self._pages.text("demo/board.html", values)


def _shown(values: Any, words: Translator) -> dict[str, str]:
    return {
        name: words.moment(value) if isinstance(value, datetime) else value for name, value in values.items()
    }


@contextlib.contextmanager
def serving(board: Board, port: int) -> Iterator[str]:
    """The page, served until the end of the block; its address."""
    listener = socket.create_server(("127.0.0.1", port))
    hosts = frozenset({f"127.0.0.1:{port}", f"localhost:{port}"})
    config = uvicorn.Config(
        BoardPage(board, hosts).application(), lifespan="off", log_config=None, server_header=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])), daemon=True)
    thread.start()
    until = time.monotonic() + STARTED_WITHIN
    while not server.started and time.monotonic() < until:
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.should_exit = True
        thread.join(STARTED_WITHIN)
        listener.close()


def open_in_browser(address: str) -> bool:
    """Where there is a display: a browser in a terminal would take the terminal's story away."""
    displayed = sys.platform in {"darwin", "win32"} or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )
    return displayed and webbrowser.open(address)
