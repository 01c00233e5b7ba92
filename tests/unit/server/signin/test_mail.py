"""Mail: queued in the transaction of its cause, sealed until it is sent, sent once, dropped when it cannot be."""

from __future__ import annotations

import asyncio
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email import message_from_string
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from server.core.clock import FixedClock, SystemClock
from server.core.i18n import Catalogue
from server.domain.users import Role
from server.jobs.mail import Postman
from server.jobs.unit import Units
from server.services import audit, invitations, lost_passwords, mail, seals
from server.store.session import Database
from tests.support.member_pages import add_person, opened

pytestmark = pytest.mark.anyio


class _Post(socketserver.StreamRequestHandler):
    """The little of SMTP that a client needs. `refuses` answers every recipient with 550."""

    def handle(self) -> None:
        server: Any = self.server
        self._say("220 post")
        reading = False
        for raw in self.rfile:
            line = raw.decode().rstrip("\r\n")
            if reading:
                if line == ".":
                    reading = False
                    self._say("250 kept")
                else:
                    server.lines.append(line)
            elif line.upper() == "DATA":
                reading = True
                self._say("354 go on")
            elif line.upper().startswith("RCPT") and server.refuses:
                self._say("550 unknown")
            elif line.upper() == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 post")

    def _say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Post)
        self.lines: list[str] = []
        self.refuses = False


@contextmanager
def post_office() -> Iterator[_Server]:
    with _Server() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join(5)


def postman(database: Database) -> Postman:
    return Postman(Units(database), database.context.settings, Catalogue())


async def test_a_lost_password_by_mail(tmp_path: Path) -> None:
    with (
        post_office() as office,
        opened(tmp_path, smtp_url=f"smtp://127.0.0.1:{office.server_address[1]}") as house,
    ):
        user_id = add_person(house, "alice", password=None)
        house.run_write(lost_passwords.ask, "ALICE@house.example")
        house.run_write(lost_passwords.ask, "nobody@house.example")
        raw = b"".join(file.read_bytes() for file in tmp_path.glob("consilium.sqlite*"))
        assert b"/invitation/" not in raw
        assert await postman(house).send_due() == 1
        assert await postman(house).send_due() == 0
        message = message_from_string("\n".join(office.lines), policy=default)
        assert message["To"] == "alice@house.example"
        text = message.get_content()
        assert "alice" not in text
        [link] = [line for line in text.splitlines() if "/invitation/" in line]
        assert link.startswith("http://house.localhost:8000/invitation/")
        found = house.run_read(invitations.get, link.rpartition("/")[2])
        assert found.user_id == user_id


async def test_what_cannot_be_sent_is_tried_again_then_dropped(tmp_path: Path) -> None:
    clock = FixedClock(SystemClock().now())
    with (
        post_office() as office,
        opened(tmp_path, clock, smtp_url=f"smtp://127.0.0.1:{office.server_address[1]}") as house,
    ):
        house.run_write(invitations.invite, "command", "b@x.example")
        office.refuses = True
        assert await postman(house).send_due() == 0
        assert await postman(house).send_due() == 0  # not yet
        clock.advance(timedelta(minutes=1, seconds=1))
        office.refuses = False
        assert await postman(house).send_due() == 1
        house.run_write(invitations.invite, "command", "c@x.example")
        office.refuses = True
        for _ in range(len(mail.RETRY) + 1):
            await postman(house).send_due()
            clock.advance(timedelta(days=1))
        office.refuses = False
        assert await postman(house).send_due() == 0
        assert not house.run_read(mail.any_due)


async def test_without_mail_nothing_is_queued(tmp_path: Path) -> None:
    with opened(tmp_path) as house:
        house.run_write(invitations.invite, "command", "b@x.example")
        assert not house.run_read(mail.any_due)
    await asyncio.sleep(0)


async def test_auditors_hear_once_a_day_where_the_logs_end(tmp_path: Path) -> None:
    with (
        post_office() as office,
        opened(tmp_path, smtp_url=f"smtp://127.0.0.1:{office.server_address[1]}") as house,
    ):
        add_person(house, "vera", role=Role.AUDITOR)
        add_person(house, "alice")
        house.run_write(audit.record, "command", "instance.trust", "there.example")
        house.run_write(seals.seal)
        assert house.run_write(seals.mail_heads) == 1
        assert house.run_write(seals.mail_heads) == 0
        assert await postman(house).send_due() == 1
        message = message_from_string("\n".join(office.lines), policy=default)
        assert message["To"] == "vera@house.example"
        [head] = [line for line in message.get_content().splitlines() if line.startswith("audit:")]
        assert house.run_read(seals.against, head.strip())
