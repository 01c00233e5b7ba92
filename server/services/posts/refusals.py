"""Refusals of posts that apps do not show to whoever wrote: told once more, by a direct message with one link.

Most apps keep the sentence of a 422 to themselves, and a doctor who forgot to name the group waits for answers. The
message names the reason, never the post. Our own pages show what was refused with its sentence, and need no message.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import Enum

from server.core.errors import Invalid
from server.core.i18n import N_
from server.domain.accounts import Account
from server.domain.groups import Reason
from server.domain.messages import Refusal, Sentence
from server.services import accounts, events
from server.store import repeats
from server.store.session import Unit


class NotPublished(Invalid):
    """A post, a change or a boost that nothing was stored of. place: the group it was for; None where it was for none."""

    def __init__(
        self, message: str, reason: Reason | Refusal, place: Account | None, **values: str | int
    ) -> None:
        super().__init__(message, **values)
        self.reason = reason
        self.place = place


class UnexpectedMentions(Invalid):
    """A post that would have reached these people as well, whom the app did not list. Nothing was stored of it."""

    def __init__(self, accounts: Sequence[Account]) -> None:
        super().__init__(N_("The post names people whom the app did not list; nothing was sent"))
        self.accounts = tuple(accounts)


class Asked(Enum):
    """What was refused: each is told in other words in a group, and for no group."""

    POST = (Sentence.POST_REFUSED, Sentence.POST_REFUSED_HERE)
    CHANGE = (Sentence.CHANGE_REFUSED, Sentence.CHANGE_REFUSED_HERE)
    BOOST = (Sentence.BOOST_REFUSED, Sentence.BOOST_REFUSED)


@contextmanager
def because(reason: Reason | Refusal, place: Account | None) -> Iterator[None]:
    """What is refused within is refused for this reason, in its own words."""
    try:
        yield
    except Invalid as found:
        raise NotPublished(found.message, reason, place, **found.values) from found


def tell(unit: Unit, author_id: int, refused: NotPublished, asked: Asked = Asked.POST) -> None:
    """In a unit of its own: the one that refused was rolled back. Once a minute for the same refusal."""
    place, reason = refused.place, refused.reason
    speaker = place or accounts.ensure_instance_actor(unit)
    sentence = asked.value[0 if place is not None else 1]
    if sentence is Sentence.POST_REFUSED_HERE and reason is Reason.AUDIENCE:
        sentence = Sentence.NO_GROUP_NAMED
    if _first(unit, author_id, speaker, f"{sentence.value} {reason.value}"):
        events.message(unit, author_id, speaker.id, sentence, reason=reason.value)


def _first(unit: Unit, author_id: int, speaker: Account, told: str) -> bool:
    """Some apps send what was refused again at once, without the key that would show it."""
    minute = int(unit.now.timestamp()) // 60
    key = hashlib.sha256(f"refused\0{speaker.id}\0{told}\0{minute}".encode()).hexdigest()
    return repeats.claim_key(unit, author_id, key, unit.new_id()) is None
