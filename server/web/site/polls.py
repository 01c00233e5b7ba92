"""Voting on our own pages, which needs no script: the choices, then what came of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from starlette.responses import Response

from server.core.errors import Invalid, NotFound
from server.domain.posts import Poll
from server.domain.viewers import Member
from server.services import accounts, polls
from server.services.posts import visible
from server.web.kit import forms, html, responses
from server.web.kit.call import Call
from server.web.kit.unit import Unit
from server.web.site.security import signed


@dataclass(frozen=True, slots=True)
class ShownPoll:
    """own: the reader's choices. asks: whether the reader can vote. tells: whether votes are shown."""

    poll: Poll
    own: tuple[int, ...]
    ended: bool
    asks: bool
    tells: bool


def shown(poll: Poll, own: Sequence[int], now: datetime, *, is_author: bool, can_act: bool) -> ShownPoll:
    ended = polls.closed(poll, now)
    left = not own or (poll.multiple and len(own) < len(poll.options))
    return ShownPoll(
        poll,
        tuple(own),
        ended,
        asks=can_act and left and not (ended or is_author),
        tells=ended or is_author or not poll.hide_totals,
    )


async def vote(call: Call) -> Response:
    """Votes, and goes back to where the poll stood."""
    session = signed(call)
    fields = await forms.body(call)
    chosen = [str(one) for one in forms.listed(fields.get("choice"))]
    if not chosen:
        raise Invalid("Please choose an answer first")
    if not all(one.isascii() and one.isdigit() and len(one) < 3 for one in chosen):
        raise Invalid("The chosen vote option does not exist")
    await call.write(_vote, session.account_id, call.id(), [int(one) for one in chosen])
    return responses.redirect(html.safe_next(str(fields.get("back", ""))))


def _vote(unit: Unit, account_id: int, post_id: int, choices: list[int]) -> None:
    post = visible.visible_post(unit, Member(account_id), post_id)
    poll = polls.find(unit, post.id)
    if poll is None:
        raise NotFound
    polls.vote(unit, accounts.get(unit, account_id), poll.id, choices)
