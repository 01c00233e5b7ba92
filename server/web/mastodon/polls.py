"""Polls: shown, and voted in."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from server.domain.posts import Poll, Post
from server.domain.viewers import Member, Viewer
from server.services import accounts, polls
from server.web.kit import forms, responses
from server.web.kit.call import Call
from server.web.kit.unit import Unit
from server.web.mastodon import asked
from server.web.mastodon.rendering import polls as rendering
from server.web.mastodon.rendering.renderer import Renderer

Seen = tuple[Poll, Post, Mapping[int, tuple[int, ...]]]


def _poll(unit: Unit, viewer: Viewer, poll_id: int) -> Seen:
    poll, post = polls.get(unit, viewer, poll_id)
    if not isinstance(viewer, Member):
        return poll, post, {}
    return poll, post, polls.own_votes(unit, viewer.account_id, [poll_id])


def _vote(unit: Unit, by_id: int, poll_id: int, choices: list[int]) -> Seen:
    polls.vote(unit, accounts.get(unit, by_id), poll_id, choices)
    return _poll(unit, Member(by_id), poll_id)


async def show(call: Call) -> Response:
    """GET /api/v1/polls/:id."""
    return _answer(call, await call.read(_poll, call.viewer, call.id()))


async def vote(call: Call) -> Response:
    """POST /api/v1/polls/:id/votes."""
    fields = await forms.body(call)
    choices = [asked.number(one, "choices") for one in forms.listed(fields.get("choices"))]
    return _answer(call, await call.write(_vote, call.account_id, call.id(), choices))


def _answer(call: Call, seen: Seen) -> Response:
    poll, post, votes = seen
    renderer = Renderer.of(call)
    is_author = post.account_id == renderer.viewer_id
    return responses.json(rendering.poll(renderer, poll, votes.get(poll.id, ()), is_author=is_author))
