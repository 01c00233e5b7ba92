"""Sends push messages to the services of members' devices: encrypted for the device, signed by the instance.

An endpoint that says it is gone ends the subscription; others are tried later, then dropped. Nothing of a message and
nothing of an endpoint is logged.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec

from federation.errors import FederationError
from federation.types import HttpFrame
from server.core.clock import Clock
from server.core.context import Context
from server.core.http import Outgoing
from server.core.i18n import LANGUAGES, Catalogue, Translator
from server.core.log import logger
from server.jobs.rounds import repeat
from server.jobs.unit import Units
from server.push import encryption, vapid
from server.services import push
from server.services.push import Message

log = logger("push")
EVERY_SECONDS = 1
GONE = frozenset({404, 410})
TOO_LONG = 413


class Pusher:
    """Looks for waiting messages every second. Two of them do no harm: a row is put off while it is being sent."""

    def __init__(self, units: Units, outgoing: Outgoing, context: Context, catalogue: Catalogue) -> None:
        self._units = units
        self._lanes = outgoing.push
        self._clock: Clock = context.clock
        self._key = push.key(context)
        settings = context.settings
        self._subject = f"mailto:{settings.contact_email}" if settings.contact_email else settings.base
        self._translators: dict[str, Translator] = {
            language: catalogue.translator(language) for language in LANGUAGES
        }
        self._translators[""] = catalogue.translator(settings.language)

    async def run(self) -> None:
        await repeat("push", self.send_due, EVERY_SECONDS)

    async def send_due(self) -> int:
        """Sends what is due now, to several services at once. Answers how many were taken."""
        if not await self._units.read(push.any_due):
            return 0
        messages = await self._units.write(push.due, self._translators)
        by_service: dict[str, list[Message]] = {}
        for message in messages:
            by_service.setdefault(urlsplit(message.device.endpoint).netloc, []).append(message)
        return sum(await asyncio.gather(*(self._to_service(each) for each in by_service.values())))

    async def _to_service(self, messages: Sequence[Message]) -> int:
        taken = 0
        for message in messages:
            taken += await self._send(message)
        return taken

    async def _send(self, message: Message) -> bool:
        try:
            answer = await self._lanes.post(self._frame(message))
        except FederationError as error:
            log.info("push.not_sent", notification=message.notification_id, reason=error.reason)
            await self._units.write(push.failed, message)
            return False
        if 200 <= answer.status < 300:
            await self._units.write(push.arrived, message)
            return True
        log.info("push.refused", notification=message.notification_id, status=answer.status)
        if answer.status in GONE:
            await self._units.write(push.end, message.token_id)
        elif answer.status == TOO_LONG:
            await self._units.write(push.too_long, message)
        else:
            await self._units.write(push.failed, message, _wait(answer.headers))
        return False

    def _frame(self, message: Message) -> HttpFrame:
        endpoint = urlsplit(message.device.endpoint)
        statement = vapid.Statement(
            f"https://{endpoint.netloc}", self._subject, push.expires(self._clock.now())
        )
        proof, public = vapid.signed(self._key, statement), vapid.public_text(self._key)
        sender, salt = ec.generate_private_key(ec.SECP256R1()), os.urandom(encryption.SALT_BYTES)
        headers: tuple[tuple[str, str], ...]
        if message.standard:
            made = encryption.encrypt(message.text, message.device.keys, sender, salt)
            headers = (("content-encoding", "aes128gcm"), ("authorization", f"vapid t={proof}, k={public}"))
        else:
            made = encryption.encrypt_as_draft(message.text, message.device.keys, sender, salt)
            headers = (
                ("content-encoding", "aesgcm"),
                ("encryption", f"salt={vapid.encoded(made.salt)}"),
                ("crypto-key", f"dh={vapid.encoded(made.sender)};p256ecdsa={public}"),
                ("authorization", f"WebPush {proof}"),
            )
        shared = (
            ("content-type", "application/octet-stream"),
            ("ttl", str(message.lives)),
            ("urgency", "normal"),
        )
        return HttpFrame("POST", message.device.endpoint, shared + headers, made.body)


def _wait(headers: Mapping[str, str]) -> int:
    """What Retry-After asks for, where it is a number of seconds."""
    text = headers.get("retry-after", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 0
