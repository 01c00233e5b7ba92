"""Refusals of posts that apps do not show to whoever wrote: told once more, by a direct message with one link.

Most apps keep the sentence of a 422 to themselves, and a doctor who forgot to name the group waits for answers. The
message names the reason, never the post.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from server.core.errors import Invalid
from server.core.i18n import N_
from server.domain.accounts import Account
from server.domain.groups import Reason
from server.domain.messages import Sentence
from server.services import accounts, events
from server.store import repeats
from server.store.session import Unit


class NotPublished(Invalid):
    """A post that nothing was stored of. place: the group it was for; None where it named none."""

    def __init__(self, message: str, reason: Reason, place: Account | None, **values: str | int) -> None:
        super().__init__(message, **values)
        self.reason = reason
        self.place = place


class UnexpectedMentions(Invalid):
    """A post that would have reached these people as well, whom the app did not list. Nothing was stored of it."""

    def __init__(self, accounts: Sequence[Account]) -> None:
        super().__init__(N_("The post names people whom the app did not list; nothing was sent"))
        self.accounts = tuple(accounts)


def tell(unit: Unit, author_id: int, refused: NotPublished) -> None:
    """In a unit of its own: the one that refused was rolled back. Once a minute for the same refusal."""
    speaker = refused.place or accounts.ensure_instance_actor(unit)
    if not _first(unit, author_id, speaker, refused.reason):
        return
    if refused.place is None:
        events.message(unit, author_id, speaker.id, Sentence.NO_GROUP_NAMED)
    else:
        events.message(unit, author_id, speaker.id, Sentence.POST_REFUSED, reason=refused.reason.value)


def _first(unit: Unit, author_id: int, speaker: Account, reason: Reason) -> bool:
    """Some apps send what was refused again at once, without the key that would show it."""
    minute = int(unit.now.timestamp()) // 60
    key = hashlib.sha256(f"refused\0{speaker.id}\0{reason.value}\0{minute}".encode()).hexdigest()
    return repeats.claim_key(unit, author_id, key, unit.new_id()) is None
