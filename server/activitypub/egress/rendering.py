"""What rendering a post takes: the post with all that its object names."""

from __future__ import annotations

from server.activitypub.render import posts as render_posts
from server.domain.posts import Post
from server.services.posts import visible
from server.store import accounts as account_rows
from server.store.session import Unit


def item_of(unit: Unit, post: Post) -> render_posts.PostToRender:
    """A post with all that its object names."""
    parts = visible.load_parts(unit, [post])
    return render_posts.PostToRender(
        post=post,
        author=parts.accounts[post.account_id],
        mentioned=tuple(account for _, account in parts.mentions.get(post.id, ())),
        addressed=tuple(account for _, account in parts.addressed.get(post.id, ())),
        media=tuple(parts.media.get(post.id, ())),
        poll=parts.polls.get(post.id),
        group=None if post.group_id is None else account_rows.find(unit, post.group_id),
    )
