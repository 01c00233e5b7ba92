"""What `doctor` asks its surroundings: certificates by a real handshake, a Date header, a mail server that talks."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
import trustme

from server.core import probes
from server.core.probes import ProbeFailed
from server.core.settings import Settings
from server.domain.remarks import Level
from server.services import diagnosis

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
NAME = "house.localhost"


@contextmanager
def answering(converse: Callable[[socket.socket], None], tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """A server on loopback that holds one conversation at a time. Answers its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            with plain:
                try:
                    with tls.wrap_socket(plain, server_side=True) if tls else plain as wire:
                        converse(wire)
                except OSError:
                    continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def page(wire: socket.socket) -> None:
    wire.recv(65536)
    date = format_datetime(NOW, usegmt=True)
    wire.sendall(
        f"HTTP/1.1 200 OK\r\nDate: {date}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}".encode()
    )


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def served(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def settings(folder: Path, port: int, authority: trustme.CA | None = None, scheme: str = "https") -> Settings:
    file = folder / "authority.pem"
    if authority:
        authority.cert_pem.write_to_path(str(file))
    return Settings(
        domain=f"{NAME}:{port}", scheme=scheme, data_dir=folder, ca_file=file if authority else None
    )


def ask(given: Settings) -> probes.Answer:
    return probes.own_answer(given, *probes.addresses(given), "/actor", "application/activity+json")


def test_a_good_certificate_and_the_date(tmp_path: Path, authority: trustme.CA) -> None:
    ends = datetime(2035, 1, 1, tzinfo=UTC)
    with answering(page, served(authority.issue_cert(NAME, not_after=ends))) as port:
        found = ask(settings(tmp_path, port, authority))
    assert (found.status, found.body, found.date, found.expires) == (200, b"{}", NOW, ends)
    assert diagnosis.certificate(found.expires, ends - timedelta(days=60)).level is Level.OK
    soon = diagnosis.certificate(found.expires, ends - timedelta(days=3))
    assert (soon.level, soon.values["days"]) == (Level.WARN, 3)


@pytest.mark.parametrize("fault", ["name", "expired", "authority"])
def test_a_bad_certificate(tmp_path: Path, authority: trustme.CA, fault: str) -> None:
    past = datetime(2020, 1, 1, tzinfo=UTC)
    certificate = {
        "name": lambda: authority.issue_cert("other.localhost"),
        "expired": lambda: authority.issue_cert(NAME, not_before=past, not_after=past + timedelta(days=90)),
        "authority": lambda: trustme.CA().issue_cert(NAME),
    }[fault]()
    with answering(page, served(certificate)) as port, pytest.raises(ProbeFailed) as failed:
        ask(settings(tmp_path, port, authority))
    wanted = {
        "name": "not valid for 'house.localhost'",
        "expired": "expired",
        "authority": "issuer|self.signed",
    }
    assert any(word in str(failed.value) for word in wanted[fault].split("|")), str(failed.value)


def test_what_is_no_http_is_said_plainly(tmp_path: Path) -> None:
    with (
        answering(lambda wire: wire.sendall(b"hello\r\n\r\n")) as port,
        pytest.raises(ProbeFailed, match="BadStatusLine"),
    ):
        ask(settings(tmp_path, port, scheme="http"))


def test_a_mail_server_that_answers_and_one_that_does_not_know_us() -> None:
    def converse(wire: socket.socket) -> None:
        wire.sendall(b"220 mail\r\n")
        while line := wire.recv(1024):
            verb = line[:4].upper()
            wire.sendall(
                b"250-mail\r\n250 AUTH PLAIN LOGIN\r\n"
                if verb == b"EHLO"
                else b"221 bye\r\n"
                if verb == b"QUIT"
                else b"535 no\r\n"
            )

    with answering(converse) as port:
        probes.mail_answers(f"smtp://127.0.0.1:{port}")
        with pytest.raises(ProbeFailed, match="SMTPAuthenticationError") as failed:
            probes.mail_answers(f"smtp://someone:tell-nobody@127.0.0.1:{port}")
    assert "tell-nobody" not in str(failed.value)


@pytest.mark.parametrize(
    ("drift", "level"), [(0, Level.OK), (4, Level.OK), (-30, Level.WARN), (30, Level.WARN), (90, Level.FAIL)]
)
def test_clocks_that_differ(drift: int, level: Level) -> None:
    others = {"the proxy": NOW + timedelta(seconds=drift), "the database": NOW}
    found = diagnosis.clock(NOW, others, NOW)
    assert found.level is level
    assert found.values.get("seconds", abs(drift)) == abs(drift)


@pytest.mark.parametrize(
    ("addresses", "level"),
    [
        (["192.0.2.1"], Level.WARN),
        (["10.0.0.7"], Level.WARN),
        (["10.0.0.7", "9.9.9.9"], Level.OK),
        (["2620:fe::fe"], Level.OK),
    ],
)
def test_where_a_name_leads(addresses: list[str], level: Level) -> None:
    assert diagnosis.resolved("cases.hospital.example", addresses).level is level


def test_dangerous_settings_are_named() -> None:
    given = Settings(
        domain="house.localhost",
        scheme="http",
        dangerous_private_addresses="10.0.0.0/8",
        rate_limits=False,
        trusted_proxies="10.0.0.1, 0.0.0.0/0",
        smtp_url="smtp://mail.example",
    )
    said = {remark.message: remark.level for remark in diagnosis.settings(given)}
    for words, level in (
        ("PRIVATE_ADDRESSES", Level.WARN),
        ("RATE_LIMITS", Level.WARN),
        ("plain http", Level.WARN),
        ("TRUSTED_PROXIES", Level.FAIL),
        ("no sender", Level.FAIL),
    ):
        assert [found for message, found in said.items() if words in message] == [level]
    safe = Settings(
        domain="house.example",
        contact_email="it@house.example",
        smtp_url="smtp://mail.example",
        mail_from="a@house.example",
    )
    assert [remark.level for remark in diagnosis.settings(safe)] == [Level.OK]
