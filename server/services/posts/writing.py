"""What a person wrote, judged and turned into what is stored: length, audience, mentions, HTML.

It refuses empty and overlong posts, and audiences that CONSILIUM_POSTS does not allow; it narrows where it may.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from server.core.errors import Invalid
from server.core.settings import PostsCeiling, Settings
from server.domain.accounts import Account, AccountKind
from server.domain.groups import Reason
from server.domain.posts import Visibility
from server.services import addresses
from server.services.polls import PollDraft
from server.services.posts.refusals import NotPublished, UnexpectedMentions
from server.store import accounts, memberships
from server.store.session import Unit
from server.text.compose import ContentType, compose
from server.text.length import counted_length
from server.text.links import MentionLink
from server.text.mentions import Handle
from server.text.plain import text_of

MAX_CHARACTERS = 5000
MAX_SUMMARY = 500
MAX_MENTIONS = 64

CEILINGS = {
    PostsCeiling.GROUPS: Visibility.DIRECT,
    PostsCeiling.FOLLOWERS: Visibility.FOLLOWERS,
    PostsCeiling.PUBLIC: Visibility.PUBLIC,
}


@dataclass(frozen=True, slots=True)
class Draft:
    """A post, or an edit of one, as an app sent it. visibility: None is the account's usual one.

    confined_to: the members-only group that was chosen, where one was: for it and for nobody else, or not at all.
    expected: whom the app means it to name, where it says so: naming anybody else, it is refused.
    """

    text: str = ""
    content_type: ContentType = ContentType.PLAIN
    visibility: Visibility | None = None
    summary: str = ""
    sensitive: bool | None = None
    language: str | None = None
    in_reply_to_id: int | None = None
    media_ids: tuple[int, ...] = ()
    poll: PollDraft | None = None
    idempotency_key: str | None = None
    application: str | None = None
    confined_to: int | None = None
    expected: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """html: sanitised. mentioned: known accounts that the text names, in order. tags: folded."""

    html: str
    mentioned: tuple[Account, ...]
    tags: tuple[str, ...]


def check(draft: Draft) -> None:
    """Raises Invalid with what to do."""
    if draft.poll is not None and draft.media_ids:
        raise Invalid("A post has images or a poll, not both")
    if not draft.text.strip() and not draft.media_ids and draft.poll is None:
        raise Invalid("A post needs text, an image or a poll")
    if len(draft.summary) > MAX_SUMMARY:
        raise Invalid("A content warning has at most %(most)s characters", most=MAX_SUMMARY)
    if counted_length(draft.text, draft.summary) > MAX_CHARACTERS:
        raise Invalid("A post has at most %(most)s characters", most=MAX_CHARACTERS)


def offered(settings: Settings) -> tuple[Visibility, ...]:
    """The audiences that CONSILIUM_POSTS leaves to posts without a group, widest first."""
    return tuple(one for one in Visibility if one.rank >= CEILINGS[settings.posts].rank)


def for_everybody(unit: Unit) -> bool:
    """Whether CONSILIUM_POSTS leaves posts that everybody on connected instances can read."""
    return CEILINGS.get(unit.context.settings.posts) in {Visibility.PUBLIC, Visibility.UNLISTED}


def permitted(unit: Unit, wanted: Visibility) -> Visibility:
    """The audience that CONSILIUM_POSTS leaves. Raises Invalid where only groups and direct posts are allowed."""
    ceiling = unit.context.settings.posts
    if ceiling is PostsCeiling.GROUPS and wanted is not Visibility.DIRECT:
        raise NotPublished(
            "Posts on this instance go to a group or to named people: mention one group of yours, or send a "
            "direct message",
            Reason.AUDIENCE,
            None,
        )
    return wanted.narrowed(CEILINGS[ceiling])


def write(unit: Unit, draft: Draft, author: Account, only: frozenset[int] | None = None) -> Written:
    """Composes the text. only: nobody but these accounts counts as mentioned; None is anybody known to the author.

    Raises UnexpectedMentions, Invalid.
    """
    named: dict[tuple[str, str], Account] = {}

    def link(handle: Handle) -> MentionLink | None:
        account = named.get(handle.key) or _account_of(unit, handle, author)
        if account is None or (only is not None and account.id not in only):
            return None
        if handle.key not in named and len(named) >= MAX_MENTIONS:
            raise Invalid("A post mentions at most %(most)s people", most=MAX_MENTIONS)
        named[handle.key] = account
        return MentionLink(account.url, account.username)

    composed = compose(draft.text, draft.content_type, link, lambda tag: addresses.tag_page(unit, tag))
    mentioned = dict.fromkeys(named[handle.key].id for handle in composed.mentions if handle.key in named)
    by_id = {account.id: account for account in named.values()}
    if draft.expected is not None:
        unexpected = [by_id[each] for each in mentioned if each not in draft.expected]
        if unexpected:
            raise UnexpectedMentions(unexpected)
    return Written(composed.html, tuple(by_id[each] for each in mentioned), composed.tags)


def words(draft: Draft, written: Written, descriptions: Iterable[str]) -> list[str]:
    """Everything that people will read of the post: as typed, since apps show that too, and as it is shown."""
    options = () if draft.poll is None else draft.poll.options
    return [draft.text, text_of(written.html), draft.summary, *options, *descriptions]


def _account_of(unit: Unit, handle: Handle, author: Account) -> Account | None:
    """The account of a handle that is known here, and may be known to the author."""
    host = "" if handle.host == unit.context.settings.domain else handle.host
    found = accounts.find_by_name(unit, handle.name, host)
    if found is None or found.kind is AccountKind.APPLICATION:
        return None
    if found.kind is AccountKind.GROUP and memberships.find(unit, found.id, author.id) is not None:
        # whoever was in it once means the group still: were its name a mere word, its post would go to others
        return found
    if found.gone:
        return None
    if found.kind is AccountKind.GROUP and not memberships.known_groups(unit, author.id, [found.id]):
        return None
    return found
