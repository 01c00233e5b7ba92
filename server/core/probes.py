"""What `doctor` asks of the surroundings: a name, the instance's own front door, Redis, the mail server.

Only what the administrator's own settings name is dialled, never a peer, so this does not go through the guarded
dialler. Everything is bounded in time; whatever goes wrong is a ProbeFailed with a few plain words.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException
from urllib.parse import unquote, urlsplit

import redis

from server.core.settings import Settings

SECONDS = 5.0
LONGEST = 256 * 1024
_DEFAULT_PORTS = {"http": 80, "https": 443}
_MAIL_PORTS = {"smtp": 587, "smtps": 465}


class ProbeFailed(Exception):
    """The text says why, without addresses of people or passwords."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the own front door answered. date: its Date header. expires: of the certificate, where there is one."""

    status: int
    body: bytes
    date: datetime | None
    expires: datetime | None


def host_and_port(settings: Settings) -> tuple[str, int]:
    parts = urlsplit(settings.base)
    return parts.hostname or "", parts.port or _DEFAULT_PORTS[settings.scheme]


def addresses(settings: Settings) -> list[str]:
    """The addresses of the instance's name, as this machine sees them."""
    host, port = host_and_port(settings)
    if host == "localhost" or host.endswith(".localhost"):
        return ["127.0.0.1"]
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise ProbeFailed(_plain(error)) from None
    return sorted({str(entry[4][0]) for entry in found})


def own_answer(settings: Settings, address: str, path: str, accept: str) -> Answer:
    """Asks the instance for one of its documents, by its public name, at one of its addresses."""
    host, port = host_and_port(settings)
    expires = None
    try:
        with socket.create_connection((address, port), SECONDS) as plain:
            wire: socket.socket = plain
            if settings.scheme == "https":
                wire = _trust(settings).wrap_socket(plain, server_hostname=host)
                expires = _expiry(wire)
            with closing(HTTPConnection(host, port, timeout=SECONDS)) as connection:
                connection.sock = wire
                connection.request("GET", path, headers={"Host": settings.domain, "Accept": accept})
                response = connection.getresponse()
                body, date = response.read(LONGEST), response.getheader("Date")
                return Answer(response.status, body, _date(date), expires)
    except ssl.SSLCertVerificationError as error:
        raise ProbeFailed(error.verify_message) from None
    except (OSError, HTTPException) as error:
        raise ProbeFailed(_plain(error)) from None


def redis_answers(url: str) -> None:
    try:
        with closing(
            redis.Redis.from_url(url, socket_timeout=SECONDS, socket_connect_timeout=SECONDS)
        ) as client:
            client.ping()
    except ValueError:
        raise ProbeFailed("CONSILIUM_REDIS_URL is not an address such as redis://host:6379") from None
    except (redis.RedisError, OSError) as error:
        raise ProbeFailed(type(error).__name__) from None


def mail_answers(url: str) -> None:
    """Connects, and signs in where the address holds a name; sends nothing."""
    parts = urlsplit(url)
    if parts.scheme not in _MAIL_PORTS or not parts.hostname:
        raise ProbeFailed("CONSILIUM_SMTP_URL is not an address such as smtp://user:password@host:587")
    try:
        port = parts.port or _MAIL_PORTS[parts.scheme]
        with _mail_server(parts.scheme, parts.hostname, port) as server:
            server.ehlo()
            if parts.scheme == "smtp" and server.has_extn("starttls"):
                server.starttls(context=ssl.create_default_context())
                server.ehlo()
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
    except ssl.SSLCertVerificationError as error:
        raise ProbeFailed(error.verify_message) from None
    except (smtplib.SMTPException, OSError, ValueError) as error:
        raise ProbeFailed(_plain(error) if isinstance(error, OSError) else type(error).__name__) from None


def _mail_server(scheme: str, host: str, port: int) -> smtplib.SMTP:
    if scheme == "smtps":
        return smtplib.SMTP_SSL(host, port, timeout=SECONDS, context=ssl.create_default_context())
    return smtplib.SMTP(host, port, timeout=SECONDS)


def _trust(settings: Settings) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if settings.ca_file:
        context.load_verify_locations(settings.ca_file)
    return context


def _expiry(wire: ssl.SSLSocket) -> datetime | None:
    certificate = wire.getpeercert() or {}
    ends = certificate.get("notAfter")
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC) if isinstance(ends, str) else None


def _date(header: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(header).astimezone(UTC) if header else None
    except ValueError:
        return None


def _plain(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
