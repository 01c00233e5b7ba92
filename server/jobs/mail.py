"""Sends the mail that waits, where the instance has a way to send it. What cannot be sent is tried again, then dropped.

Without TLS nothing is handed to a server that is not on this machine: links are secrets.
"""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from urllib.parse import SplitResult, unquote, urlsplit

from anyio import to_thread

from server.core.i18n import LANGUAGES, Catalogue
from server.core.log import logger
from server.core.settings import Settings
from server.jobs.rounds import repeat
from server.jobs.unit import Units
from server.services import mail

log = logger("mail")
EVERY_SECONDS = 5
PATIENCE_SECONDS = 20
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class NotSafeError(Exception):
    """The server offers no TLS, and is not on this machine."""


class Postman:
    """Looks for waiting mail every few seconds. Two of them do no harm: a row is put off while it is being sent."""

    def __init__(self, units: Units, settings: Settings, catalogue: Catalogue) -> None:
        self._units = units
        self._settings = settings
        self._translators = {language: catalogue.translator(language) for language in LANGUAGES}
        self._translators[""] = catalogue.translator(settings.language)

    async def run(self) -> None:
        await repeat("mail", self.send_due, EVERY_SECONDS)

    async def send_due(self) -> int:
        """Sends what is due now. Answers how many were handed over."""
        if not await self._units.read(mail.any_due):
            return 0
        letters = await self._units.write(mail.due, self._translators)
        handed_over = 0
        for letter in letters:
            try:
                await to_thread.run_sync(hand_over, self._settings, letter)
            except (OSError, smtplib.SMTPException, NotSafeError) as error:
                log.warning("mail.not_sent", mail_id=letter.id, error=type(error).__name__)
                continue
            await self._units.write(mail.sent, letter.id)
            handed_over += 1
        return handed_over


def hand_over(settings: Settings, letter: mail.Letter) -> None:
    """Gives one mail to the server of the settings. Raises OSError, SMTPException, NotSafeError."""
    url = urlsplit(settings.smtp_url)
    host = url.hostname or "localhost"
    message = EmailMessage()
    message["From"] = settings.mail_from or f"noreply@{settings.domain.rsplit(':', 1)[0]}"
    message["To"] = letter.address
    message["Subject"] = letter.subject
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=settings.domain.rsplit(":", 1)[0])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    tls = ssl.create_default_context(cafile=str(settings.ca_file) if settings.ca_file else None)
    if url.scheme == "smtps":
        with smtplib.SMTP_SSL(host, url.port or 465, timeout=PATIENCE_SECONDS, context=tls) as server:
            _send(server, url, message)
        return
    with smtplib.SMTP(host, url.port or 587, timeout=PATIENCE_SECONDS) as server:
        server.ehlo()
        if server.has_extn("starttls"):
            server.starttls(context=tls)
        elif host not in LOOPBACK:
            raise NotSafeError
        _send(server, url, message)


def _send(server: smtplib.SMTP, url: SplitResult, message: EmailMessage) -> None:
    if url.username:
        server.login(unquote(url.username), unquote(url.password or ""))
    server.send_message(message)
