"""The story that the demo tells: each step is done through the client API and must be seen on the other side."""

from __future__ import annotations

import struct
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import httpx
from rich.console import Console

from server.core.settings import Settings
from server.services.founding import open_database
from server.store.session import Unit

PATIENCE = 20.0
"""Seconds; what a command lets go is looked for by the server in its next round, a quarter of a minute later at most."""
R = TypeVar("R")


class StoryFailed(Exception):
    """A step that was not seen in time. The text says which."""


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    token: str


@dataclass(frozen=True, slots=True)
class Place:
    """A running instance. allow: lets it speak with another. run: one of its commands, and what it printed.

    password: of its member. settings: by which its database is read beside the running server, as commands do.
    """

    name: str
    domain: str
    colour: str
    client: httpx.Client
    person: Person
    allow: Callable[[str], None]
    password: str
    run: Callable[[Sequence[str]], tuple[int, str]]
    settings: Settings

    @property
    def label(self) -> str:
        return f"[{self.colour}]{self.person.name}@{self.name}[/{self.colour}]"

    def handle(self) -> str:
        return f"@{self.person.name}@{self.domain}"

    def command(self, *words: str) -> str:
        """`consilium …` on this instance. Raises StoryFailed where it fails."""
        status, printed = self.run(words)
        if status:
            raise StoryFailed(f"{self.name}: consilium {' '.join(words[:2])} failed: {printed[-300:]}")
        return printed

    def read(self, question: Callable[[Unit], R]) -> R:
        """What its database answers, in another process than the one that serves."""
        database = open_database(self.settings)
        try:
            return database.run_read(question)
        finally:
            database.close()

    def call(self, method: str, path: str, **options: Any) -> Any:
        """One call of the client API. Raises StoryFailed on an error answer."""
        headers = {"Authorization": f"Bearer {self.person.token}"}
        answer = self.client.request(method, path, headers=headers, **options)
        if answer.status_code >= httpx.codes.BAD_REQUEST:
            raise StoryFailed(
                f"{self.name}: {method} {path} answered {answer.status_code} {answer.text[:200]}"
            )
        return answer.json()


class Story:
    """hospital and society connect; stranger is unknown to both."""

    def __init__(self, console: Console, hospital: Place, society: Place, stranger: Place) -> None:
        self._console = console
        self._hospital = hospital
        self._society = society
        self._stranger = stranger
        self._step = 0

    def tell(self) -> None:
        """Raises StoryFailed at the first step that was not seen."""
        self._connect()
        self._follow()
        status = self._post_with_image()
        self._reply_and_react(status)
        self._edit(status)
        self._delete(status)
        self._refuse_stranger()

    # -- the steps -----------------------------------------------------------------------------------

    def _connect(self) -> None:
        self.title("Two administrators connect their houses")
        self._hospital.allow(self._society.domain)
        self._society.allow(self._hospital.domain)
        self.say("each put the other on its list; nobody else is on it")

    def _follow(self) -> None:
        self.title("A doctor on each side follows the other")
        for one, other in ((self._hospital, self._society), (self._society, self._hospital)):
            account = self.find(one, other.handle())
            one.call("POST", f"/api/v1/accounts/{account['id']}/follow")
            self.until(
                f"{other.name} accepts the follow of {one.person.name}",
                partial(self.follows, one, account["id"]),
            )
            self.crossed(one, other, "Follow, answered with Accept")

    def _post_with_image(self) -> dict[str, Any]:
        self.title("A post with a picture crosses")
        hospital, society = self._hospital, self._society
        files = {"file": ("trace.png", electrocardiogram(), "image/png")}
        media = hospital.call(
            "POST", "/api/v2/media", files=files, data={"description": "A drawn heart rhythm, no patient's"}
        )
        text = f"Teaching trace, synthetic: what would you call this rhythm, {society.handle()}? #cardiology"
        status: dict[str, Any] = hospital.call(
            "POST",
            "/api/v1/statuses",
            json={"status": text, "visibility": "public", "media_ids": [media["id"]]},
        )
        seen = self.until(
            "the post is in the other doctor's home", lambda: self._in_home(society, "Teaching trace")
        )
        self.crossed(hospital, society, "Create, signed; the picture had its metadata removed first")
        picture = society.client.get(_path(seen["media_attachments"][0]["url"]))
        if picture.status_code != httpx.codes.OK or not picture.headers["content-type"].startswith("image/"):
            raise StoryFailed(f"the picture did not arrive: {picture.status_code}")
        self.say("the picture was fetched with a signature and shows")
        return status

    def _reply_and_react(self, status: dict[str, Any]) -> None:
        self.title("The other doctor answers and favourites")
        hospital, society = self._hospital, self._society
        seen = self._in_home(society, "Teaching trace")
        assert seen is not None
        text = f"Atrial flutter with 2:1 conduction, I would say. {hospital.handle()}"
        society.call(
            "POST",
            "/api/v1/statuses",
            json={"status": text, "in_reply_to_id": seen["id"], "visibility": "public"},
        )
        self.until(
            "the answer is in the thread", lambda: self.in_thread(hospital, status["id"], "Atrial flutter")
        )
        self.crossed(society, hospital, "Create, in reply")
        society.call("POST", f"/api/v1/statuses/{seen['id']}/favourite")
        self.until(
            "the favourite is counted",
            lambda: hospital.call("GET", f"/api/v1/statuses/{status['id']}")["favourites_count"] == 1,
        )
        self.crossed(society, hospital, "Like")

    def _edit(self, status: dict[str, Any]) -> None:
        self.title("The author corrects the post")
        hospital, society = self._hospital, self._society
        text = f"Teaching trace, synthetic, lead II: what would you call this rhythm, {society.handle()}? #cardiology"
        hospital.call(
            "PUT",
            f"/api/v1/statuses/{status['id']}",
            json={"status": text, "media_ids": [item["id"] for item in status["media_attachments"]]},
        )
        self.until("the other side shows the correction", lambda: self._in_home(society, "lead II"))
        self.crossed(hospital, society, "Update")

    def _delete(self, status: dict[str, Any]) -> None:
        self.title("The author takes the post back")
        hospital, society = self._hospital, self._society
        hospital.call("DELETE", f"/api/v1/statuses/{status['id']}")
        self.until("it is gone on the other side", lambda: self._in_home(society, "Teaching trace") is None)
        self.crossed(hospital, society, "Delete; both keep a tombstone, so that no late copy brings it back")

    def _refuse_stranger(self) -> None:
        self.title("A house that nobody knows knocks")
        stranger, hospital = self._stranger, self._hospital
        stranger.allow(hospital.domain)
        # the stranger may look the name up; everything beyond that needs an allowed signature
        found = stranger.call(
            "GET", "/api/v2/search", params={"q": hospital.handle(), "resolve": "true", "type": "accounts"}
        )
        if found["accounts"]:
            raise StoryFailed("the stranger could read a profile of the hospital")
        self.refused(stranger, hospital, "reading a profile: 403, before any look-up")
        guess = hospital.client.get("/objects/1", headers={"Accept": "application/activity+json"})
        if guess.status_code != httpx.codes.UNAUTHORIZED:
            raise StoryFailed(f"an unsigned fetch was answered {guess.status_code}")
        self.refused(stranger, hospital, "reading without a signature: 401")

    # -- seeing --------------------------------------------------------------------------------------

    @staticmethod
    def find(place: Place, handle: str) -> dict[str, Any]:
        found = place.call(
            "GET", "/api/v2/search", params={"q": handle, "resolve": "true", "type": "accounts"}
        )
        if not found["accounts"]:
            raise StoryFailed(f"{place.name} does not find {handle}")
        account: dict[str, Any] = found["accounts"][0]
        return account

    @staticmethod
    def follows(place: Place, account_id: str) -> bool:
        found = place.call("GET", "/api/v1/accounts/relationships", params={"id[]": account_id})[0]
        return bool(found["following"])

    @staticmethod
    def _in_home(place: Place, words: str) -> dict[str, Any] | None:
        posts = place.call("GET", "/api/v1/timelines/home")
        return next((post for post in posts if words in post["content"]), None)

    @staticmethod
    def in_thread(place: Place, status_id: str, words: str) -> bool:
        context = place.call("GET", f"/api/v1/statuses/{status_id}/context")
        return any(words in post["content"] for post in context["descendants"])

    def until(self, what: str, seen: Callable[[], Any]) -> Any:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            found = seen()
            if found:
                return found
            time.sleep(0.05)
        raise StoryFailed(f"not seen within {PATIENCE:.0f} seconds: {what}")

    # -- telling -------------------------------------------------------------------------------------

    def title(self, text: str) -> None:
        self._step += 1
        self._console.print(f"\n[bold]{self._step}. {text}[/bold]")

    def say(self, text: str) -> None:
        self._console.print(f"   {text}")

    def crossed(self, one: Place, other: Place, what: str) -> None:
        self._console.print(f"   {one.label} [green]──▶[/green] {other.label}  {what}")

    def refused(self, one: Place, other: Place, what: str) -> None:
        self._console.print(f"   {one.label} [red]──✕[/red] {other.label}  {what}")


def _path(url: str) -> str:
    """A URL's path and query, to be asked of the instance by its loopback address."""
    return "/" + url.split("/", 3)[3]


def electrocardiogram(width: int = 360, height: int = 120) -> bytes:
    """A small PNG of a drawn rhythm strip: pale paper with a trace."""
    beat = [0] * 14 + [3, 5, 6, 5, 3, 0, 0, -4, 38, -14, 0, 0, 2, 5, 8, 9, 8, 5, 2, 0]
    paper, grid, ink = b"\xff\xf4\xf0", b"\xf6\xcf\xc6", b"\x30\x20\x40"
    pixels = [[grid if x % 12 == 0 or y % 12 == 0 else paper for x in range(width)] for y in range(height)]
    level = 78
    previous = level
    for x in range(width):
        y = level - beat[(x // 2) % len(beat)]
        for stroke in range(min(previous, y), max(previous, y) + 2):
            pixels[max(0, min(height - 1, stroke))][x] = ink
        previous = y
    rows = b"".join(b"\0" + b"".join(row) for row in pixels)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows, 9))
        + chunk(b"IEND", b"")
    )
