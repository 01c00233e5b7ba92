"""Posts as the templates of our pages show them; who may see them was asked before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from server.domain.accounts import Account, AccountKind
from server.domain.filters import FilterAction, FilterContext
from server.domain.posts import Post, Standing
from server.domain.reads import Depth, is_recorded
from server.domain.viewers import Member, Viewer
from server.services import accounts, interactions
from server.text.html import sanitise_stored
from server.web.kit.call import Call
from server.web.kit.media_links import MediaLinks, Variant
from server.web.kit.sight import Sight, see
from server.web.kit.unit import Unit
from server.web.site import polls
from server.web.site.polls import ShownPoll


@dataclass(frozen=True, slots=True)
class Picture:
    """An image, video or sound of a post. small: a preview, large: the file itself."""

    small: str
    large: str
    description: str
    kind: str


@dataclass(frozen=True, slots=True)
class Around:
    """Posts with all that showing them needs. groups: those that they were said in, by id."""

    sight: Sight
    groups: Mapping[int, Account]


@dataclass(frozen=True, slots=True)
class Shown:
    """A post as a template shows it.

    id: of the boost, where it stands there as boosted. content: sanitised. booster: who boosted it, if somebody did.
    group: where it was said. page, author_page: where the reader finds its discussion, and its author. marks: what the reader did with it; None
    where nothing can be done. warned: titles of the reader's filters that it meets.
    """

    id: int
    post: Post
    author: Account
    avatar: str
    content: Markup
    pictures: tuple[Picture, ...]
    poll: ShownPoll | None
    booster: Account | None
    group: Account | None
    page: str
    author_page: str
    marks: frozenset[str] | None
    may_boost: bool
    is_own: bool
    warned: str


def around(unit: Unit, viewer: Viewer, posts: Sequence[Post]) -> Around:
    """posts: already authorised for this viewer."""
    sight = see(unit, viewer, posts)
    every = (*posts, *sight.parts.originals.values())
    return Around(
        sight, accounts.many(unit, sorted({one.group_id for one in every if one.group_id is not None}))
    )


def posts_shown(
    call: Call, posts: Sequence[Post], around: Around, context: FilterContext | None
) -> list[Shown]:
    """For the reader of this call; what the reader hides in this context is left out (None: nothing is). A boost shows what it boosts."""
    reader = call.viewer.account_id if isinstance(call.viewer, Member) else 0
    depth = Depth.OPENED if context in {None, FilterContext.THREAD} else Depth.LISTED
    shown = []
    for each in posts:
        one = _one(call, each, around)
        matches = [
            match.filter
            for match in around.sight.filtered.get(each.id, ())
            if context in match.filter.contexts
        ]
        if one is None or any(found.action is FilterAction.HIDE for found in matches):
            continue
        if is_recorded(one.post):
            call.house.reads.note(reader, one.author.id, one.post.id, depth)
        shown.append(replace(one, warned=", ".join(found.title for found in matches)))
    return shown


def page_of(post: Post) -> str:
    """Where a member reads a post with its discussion."""
    return f"/posts/{post.id}" if post.group_id is None else f"/groups/{post.group_id}/posts/{post.id}"


def page_of_person(account: Account) -> str:
    """Where a member reads about somebody."""
    if account.kind is AccountKind.GROUP:
        return f"/groups/{account.id}"
    return f"/@{account.username}" if account.local else f"/people/{account.id}"


def _one(call: Call, each: Post, around: Around) -> Shown | None:
    parts = around.sight.parts
    original = parts.originals.get(each.boost_of_id) if each.boost_of_id is not None else each
    author = None if original is None else parts.accounts.get(original.account_id)
    if original is None or author is None:
        return None
    links = MediaLinks(call.context)
    reader = call.viewer.account_id if isinstance(call.viewer, Member) else 0
    booster = parts.accounts.get(each.account_id) if each.boost_of_id is not None else None
    marked = reader and original.standing is Standing.PUBLISHED
    return Shown(
        id=each.id,
        post=original,
        author=author,
        avatar=links.face("avatar", author.id, author.avatar),
        content=Markup(sanitise_stored(original.content)),  # noqa: S704  sanitised on the way out as on the way in
        pictures=tuple(
            Picture(
                links.media(one.id, reader, Variant.PREVIEW, original.content_class),
                links.media(one.id, reader, Variant.ORIGINAL, original.content_class),
                one.description,
                one.kind,
            )
            for one in parts.media.get(original.id, ())
        ),
        poll=_poll(call, around.sight, original, reader),
        booster=None if booster is not None and booster.kind is AccountKind.GROUP else booster,
        group=None if original.group_id is None else around.groups.get(original.group_id),
        page=page_of(original) if reader else original.url,
        author_page=page_of_person(author) if reader else author.url,
        marks=_marks(around.sight, original.id) if marked else None,
        may_boost=bool(reader) and interactions.may_be_boosted(reader, original),
        is_own=bool(reader) and original.account_id == reader,
        warned="",
    )


def _poll(call: Call, sight: Sight, post: Post, reader: int) -> ShownPoll | None:
    poll = sight.parts.polls.get(post.id)
    if poll is None:
        return None
    return polls.shown(
        poll,
        sight.votes.get(poll.id, ()),
        call.context.clock.now(),
        is_author=post.account_id == reader,
        can_act=bool(reader) and post.standing is Standing.PUBLISHED,
    )


def _marks(sight: Sight, post_id: int) -> frozenset[str]:
    flags = sight.flags.get(post_id)
    if flags is None:
        return frozenset()
    said = {"favourite": flags.favourited, "boost": flags.boosted, "bookmark": flags.bookmarked}
    return frozenset(name for name, done in said.items() if done)
