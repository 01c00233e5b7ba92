"""Polls as one reader sees them."""

from __future__ import annotations

from collections.abc import Collection

from server.core.clock import iso
from server.domain.posts import Poll
from server.web.mastodon.entities import statuses as entities
from server.web.mastodon.rendering.renderer import Renderer


def poll(
    renderer: Renderer, one: Poll, own_votes: Collection[int] | None, *, is_author: bool
) -> entities.Poll:
    """own_votes: the reader's choices, empty when there are none. is_author: an author counts as having voted."""
    expired = one.closed_at is not None or (one.expires_at is not None and one.expires_at <= renderer.now)
    hidden = one.hide_totals and not expired
    known = renderer.viewer_id != 0
    choices = sorted(own_votes or ())
    return entities.Poll(
        id=str(one.id),
        expires_at=iso(one.expires_at) if one.expires_at else None,
        expired=expired,
        multiple=one.multiple,
        votes_count=sum(option.votes for option in one.options),
        voters_count=one.voters_count if one.multiple else None,
        options=[
            entities.PollOption(option.title, None if hidden else option.votes) for option in one.options
        ],
        emojis=[],
        voted=(bool(choices) or is_author) if known else None,
        own_votes=choices if known else None,
    )
