"""What is forgotten in time, and what a clock that went backwards needs."""

from __future__ import annotations

from datetime import timedelta

from server.core.settings import Push
from server.services import polls, push, sessions, timelines, tokens, waiting
from server.services.posts import delete as deletion
from server.store import accounts, backlog, change_feed, post_words, relationships
from server.store.session import Unit


def forget(unit: Unit) -> int:
    """Drops what nobody needs any more. Answers how many rows."""
    sessions.sweep(unit)
    post_words.forget_traces(unit)
    for account in accounts.local(unit):
        timelines.trim_home(unit, account.id)
    return (
        tokens.end_dead(unit)
        + waiting.forget_done(unit)
        + push.forget_old(unit)
        + change_feed.forget_old(unit)
        + deletion.forget_old(unit)
        + relationships.forget_mutes(unit)
    )


def close_polls(unit: Unit) -> int:
    """Closes the polls whose time is over, and tells those who voted. Answers how many."""
    return polls.close_due(unit)


def forget_push_tokens(unit: Unit) -> int:
    """Where the instance says that no token goes to a push service, none stays sealed for one. Answers how many there were."""
    return 0 if unit.context.settings.push is Push.ON else push.forget_tokens(unit)


def mend_times(unit: Unit, tolerance: timedelta) -> bool:
    """Leases and due times written by a clock that was ahead must not hold work for hours. True when there were any."""
    newest = backlog.newest_waiting(unit)
    if newest is None or newest <= unit.now + tolerance:
        return False
    backlog.due_again(unit)
    return True
