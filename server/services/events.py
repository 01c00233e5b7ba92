"""What happened here and has effects elsewhere: a row in the transaction of its cause."""

from __future__ import annotations

from server.domain.messages import Sentence
from server.domain.work import EventKind
from server.store import events as rows
from server.store.session import Unit


def happened(unit: Unit, kind: EventKind, **payload: int | str) -> None:
    """payload: ids and closed words only, never text."""
    rows.add(unit, kind, payload)


def message(unit: Unit, account_id: int, from_id: int, sentence: Sentence, **parts: int | str) -> None:
    """A member is told something by a direct message of a group or of the instance (`from_id`), with one link.

    parts: ids and closed words that the sentence takes, such as `reason` or `host`; never text of a person.
    """
    happened(
        unit,
        EventKind.MESSAGE_DUE,
        account_id=account_id,
        from_id=from_id,
        sentence=sentence.value,
        **parts,
    )
