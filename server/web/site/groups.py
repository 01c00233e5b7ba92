"""Groups on our own pages: find one, understand who can read it, join, read, post, leave.

A group that does not exist for the reader is the same missing page as one that does not exist.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from starlette.responses import Response

from server.core.errors import AppError, Invalid, NotFound, NotPermitted
from server.core.i18n import N_, Translator
from server.domain.accounts import Account
from server.domain.boundary import GroupAccess
from server.domain.filters import FilterContext
from server.domain.groups import Admission, History, MembershipState, Reason, Roster
from server.domain.moderation import Verb
from server.domain.pages import Page
from server.domain.posts import Post, Standing, Visibility
from server.domain.verification import Verification
from server.domain.viewers import Member
from server.services import (
    accounts,
    communities,
    earlier_words,
    groups,
    holds,
    incidents,
    messages,
    timelines,
    verification,
)
from server.services.groups import Arriving, Readers, Seen
from server.services.posts import visible, writing
from server.services.posts.publish import publish
from server.services.posts.writing import Draft
from server.services.verification import words
from server.text.html import sanitise
from server.text.links import Linker
from server.text.markdown import render_markdown
from server.web.kit import errors, forms, html, pagination, responses
from server.web.kit.call import Call
from server.web.kit.unit import Unit
from server.web.site.open_group_moderation import (
    AskedLine,
    asked_lines,
    asked_of,
    buttons,
    buttons_of,
    told,
)
from server.web.site.posts import Around, around, posts_shown
from server.web.site.security import signed
from server.web.site.thread import Thread, read, shown

SHOWN = pagination.Limits(20, 40)
ACCESS: Mapping[GroupAccess, str] = {
    GroupAccess.OPEN: N_("Open: what is said here can be read by everybody on connected instances."),
    GroupAccess.CLOSED: N_(
        "Members only: nobody else can read what is said here. The group itself can be found."
    ),
    GroupAccess.SECRET: N_("Secret: only members and invited people know that this group exists."),
}
ADMISSION: Mapping[Admission, str] = {
    Admission.AUTOMATIC: N_("Whoever fits its conditions is admitted at once."),
    Admission.MODERATED: N_("Its moderators decide who is admitted."),
}
ROSTER: Mapping[Roster, str] = {
    Roster.MEMBERS: N_("Members see each other's names."),
    Roster.MODERATORS: N_("Only moderators see the members' names."),
}
HISTORY: Mapping[History, str] = {
    History.FULL: N_("New institutions can read what was said before."),
    History.JOIN: N_("New institutions read only what is said from then on."),
}
STANDINGS: Mapping[Standing, str] = {
    Standing.PENDING: N_("Waiting for the group's instance; so far only you see it."),
    Standing.HELD: N_("Waiting for a review; so far only you see it."),
    Standing.REFUSED: N_("Not taken up, because %(reason)s Only you see it."),
}
INTRODUCED: Mapping[bool, str] = {
    True: N_(
        "People of institutions that yours does not know may write here: the group's instance vouches for them."
    ),
    False: N_("What people of institutions write that yours does not know is not shown to you."),
}


@dataclass(frozen=True, slots=True)
class _View:
    """What a group's page shows. asking: how many wait for the moderators; None for everybody else. hidden: incidents, likewise.

    arriving: institutions about to join, for members. writes: whether the reader can write here. asked: of a group elsewhere, for its moderators here.
    """

    seen: Seen
    readers: list[Readers]
    posts: list[Post]
    around: Around
    asking: int | None
    hidden: int
    arriving: list[Arriving]
    writes: bool
    asked: list[AskedLine]


async def index(call: Call) -> Response:
    """The groups of the reader, and those that can be found."""
    mine, others = await call.read(_lists, signed(call).account_id)
    return html.page(call, "site/groups.html", mine=mine, others=others, access=_access(call.translator))


async def show(call: Call) -> Response:
    """What the group is and who can read it; for members what is said in it."""
    return await _page(call, None)


async def post(call: Call) -> Response:
    """A new post of a member, or an answer to one."""
    session = signed(call)
    fields = {name: value for name, value in (await forms.body(call)).items() if isinstance(value, str)}
    answered = fields.get("in_reply_to", "")
    try:
        made = await call.write(_say, session.account_id, call.id(), fields.get("text", ""), answered)
    except AppError as error:
        return await _page(call, error, typed=fields.get("text", ""))
    return responses.redirect(f"/groups/{call.id()}/posts/{made.id}")


async def thread(call: Call) -> Response:
    """One post with what it answers and the answers to it."""
    viewer = Member(signed(call).account_id)
    seen, found, writes, asked, offered = await call.read(_thread, viewer, call.id(), call.id("post"))
    return html.page(
        call,
        "site/group_post.html",
        of_group=seen.member,
        seen=seen,
        writes=writes,
        asked=asked_of(call, asked),
        buttons=buttons_of(call, offered, found.author),
        done=told(call),
        **shown(call, found),
        standing=_standing(call, found.one),
        takes_back=await call.read(_takes_back, viewer.account_id, found.one),
    )


async def join(call: Call) -> Response:
    """What one agrees to by joining, and what will be said of one."""
    return await _join_page(call, None)


async def confirm(call: Call) -> Response:
    """Asks to be let in, or accepts rules that have changed."""
    session = signed(call)
    fields = await forms.body(call)
    version = forms.number(fields.get("rules_version"))
    try:
        seen = await call.read(_seen, session.account_id, call.id())
        agreed = groups.accept_rules if seen.member else groups.confirm_join
        if not version or not forms.truth(fields.get("agreed")):
            raise Invalid("Please read the rules and confirm that you accept them")
        await call.write(agreed, await _own(call), seen.account, version)
    except AppError as error:
        return await _join_page(call, error)
    return responses.redirect(f"/groups/{call.id()}")


async def leave(call: Call) -> Response:
    """Leaves, takes a request back, or declines an invitation."""
    session = signed(call)
    seen = await call.read(_seen, session.account_id, call.id())
    await call.write(groups.leave, await _own(call), seen.account)
    return responses.redirect("/groups")


# -- what pages are made of ------------------------------------------------------------------------------


async def _own(call: Call) -> Account:
    return await call.read(accounts.get, signed(call).account_id)


def _lists(unit: Unit, account_id: int) -> tuple[list[Seen], list[Seen]]:
    account = accounts.get(unit, account_id)
    mine = groups.of_member(unit, account)
    known = {one.account.id for one in mine}
    return mine, [one for one in groups.listed(unit, account) if one.account.id not in known]


def _seen(unit: Unit, account_id: int, group_id: int) -> Seen:
    """Raises NotFound where the group does not exist for this reader."""
    return groups.find_for(unit, accounts.get(unit, account_id), accounts.get(unit, group_id))


def _view(unit: Unit, account_id: int, group_id: int, page: Page) -> _View:
    seen = _seen(unit, account_id, group_id)
    posts = _posts(unit, seen, Member(account_id), page)
    asking = len(groups.requests(unit, seen.account)) if seen.moderates and seen.account.local else None
    hidden = incidents.count(unit, group_id) if seen.moderates else 0
    readers = groups.who_can_read(unit, seen.account)
    arriving = groups.arriving(unit, seen.account) if seen.member else []
    return _View(
        seen,
        readers,
        posts,
        around(unit, Member(account_id), posts),
        asking,
        hidden,
        arriving,
        _writes(unit, seen),
        asked_lines(unit, seen),
    )


def _posts(unit: Unit, seen: Seen, viewer: Member, page: Page) -> list[Post]:
    """What is said: among members; in an open group, what it has announced."""
    if seen.is_open:
        return timelines.account_posts(unit, viewer, seen.account, page)
    return timelines.group(unit, viewer, seen.account.id, page) if seen.member else []


def _thread(
    unit: Unit, viewer: Member, group_id: int, post_id: int
) -> tuple[Seen, Thread, bool, list[AskedLine], list[Verb]]:
    seen = _seen(unit, viewer.account_id, group_id)
    found = read(unit, viewer, post_id)
    check_there(unit, seen, found.one)
    about = {found.one.uri, found.author.uri}
    asked = [one for one in asked_lines(unit, seen) if one.asked.uri in about]
    offered = buttons(unit, seen, viewer.account_id, found.one)
    return seen, found, _writes(unit, seen), asked, offered


def _takes_back(unit: Unit, account_id: int, post: Post) -> bool:
    return earlier_words.may_take_back(unit, accounts.get(unit, account_id), post)


def _writes(unit: Unit, seen: Seen) -> bool:
    """In an open group for everybody, where posts here may be for everybody."""
    return seen.takes_part and (not seen.is_open or writing.for_everybody(unit))


def _say(unit: Unit, account_id: int, group_id: int, text: str, answered: str) -> Post:
    seen = _seen(unit, account_id, group_id)
    author, confined_to = accounts.get(unit, account_id), only(seen)
    if seen.is_open and not seen.takes_part:
        raise NotFound
    if seen.is_open and not _writes(unit, seen):
        raise NotPermitted("Posts of this instance are not for everybody, and an open group takes no others")
    visibility = (
        Visibility.PUBLIC if seen.is_open else Visibility.FOLLOWERS
    )  # whatever they usually write for
    if not answered:
        text = named(unit, seen.account, text)
        return publish(unit, author, Draft(text=text, visibility=visibility, confined_to=confined_to))
    one = visible.visible_post(unit, Member(account_id), forms.number(answered))
    check_there(unit, seen, one)
    draft = Draft(text=text, in_reply_to_id=one.id, visibility=visibility, confined_to=confined_to)
    return publish(unit, author, draft)


def check_there(unit: Unit, seen: Seen, post: Post) -> None:
    """Raises NotFound for what was not said in this group."""
    if not (
        communities.holds(unit, seen.account, post) if seen.is_open else post.group_id == seen.account.id
    ):
        raise NotFound


def reach(seen: Seen) -> Visibility:
    """Whatever a member usually writes for: on these pages it is for the group."""
    return Visibility.PUBLIC if seen.is_open else Visibility.FOLLOWERS


def only(seen: Seen) -> int | None:
    """The group, where nobody else may get what is written to it."""
    return seen.account.id if seen.group.access.members_only else None


def named(unit: Unit, group: Account, text: str) -> str:
    """A post that names the group, so that apps show where it was said."""
    handle = f"@{group.username}@{group.domain or unit.context.settings.domain}"
    return text if not text.strip() or handle in text.split() else f"{handle} {text}"


async def _page(call: Call, problem: AppError | None, *, typed: str = "") -> Response:
    page = pagination.page(call, SHOWN)
    view = await call.read(_view, signed(call).account_id, call.id(), page)
    group = view.seen.group
    return html.page(
        call,
        "site/group.html",
        problem.status if problem else 200,
        of_group=view.seen.member and call.route.method == "GET",
        seen=view.seen,
        readers=view.readers,
        asking=view.asking,
        hidden=view.hidden,
        arriving=view.arriving,
        writes=view.writes,
        asked=asked_of(call, view.asked),
        posts=[
            (one, _standing(call, one.post))
            for one in posts_shown(call, view.posts, view.around, FilterContext.HOME)
        ],
        older=view.posts[-1].id if len(view.posts) >= page.limit else None,
        states=MembershipState,
        typed=typed,
        access=call.translator.raw(ACCESS[group.access]),
        notes=_notes(call, view.seen),
        rules=_rules(call, view.seen),
        error=errors.sentence(problem, call.translator) if problem else None,
    )


async def _join_page(call: Call, problem: AppError | None) -> Response:
    account_id = signed(call).account_id
    seen, readers, held = await call.read(_joining, account_id, call.id())
    checked = words.what_was_checked(held, call.context.settings.title, call.translator) if held else None
    return html.page(
        call,
        "site/group_join.html",
        problem.status if problem else 200,
        seen=seen,
        readers=readers,
        checked=checked,
        members_only=seen.group.access.members_only,
        access=call.translator.raw(ACCESS[seen.group.access]),
        notes=_notes(call, seen),
        rules=_rules(call, seen),
        error=errors.sentence(problem, call.translator) if problem else None,
    )


def _joining(unit: Unit, account_id: int, group_id: int) -> tuple[Seen, list[Readers], Verification | None]:
    seen = _seen(unit, account_id, group_id)
    held = verification.current(unit, accounts.get(unit, account_id))
    return seen, groups.who_can_read(unit, seen.account), held


def _rules(call: Call, seen: Seen) -> Markup:
    base = call.context.settings.base
    linker = Linker(lambda _handle: None, lambda tag: f"{base}/tags/{tag}")
    return Markup(sanitise(render_markdown(seen.group.rules, linker)))  # noqa: S704  sanitised in this line


def _access(translator: Translator) -> dict[str, str]:
    return {access.value: translator.raw(sentence) for access, sentence in ACCESS.items()}


def _notes(call: Call, seen: Seen) -> list[str]:
    """What the group's settings mean, a sentence each."""
    group, translator = seen.group, call.translator
    said: list[Any] = [
        translator.raw(ADMISSION[group.admission]),
        translator.raw(ROSTER[group.roster]),
        translator.raw(HISTORY[group.history]),
    ]
    if group.access.members_only:
        said.append(translator.raw(INTRODUCED[group.introduced]))
    if group.specialty:
        said.insert(0, words.specialty(group.specialty, translator))
    if group.professions:
        named = ", ".join(words.profession(one, translator) for one in group.professions)
        said.append(translator.gettext("It admits: %(professions)s.", professions=named))
    if group.retention_days and group.access.members_only:
        said.append(
            translator.ngettext(
                "Posts are kept for %(num)s day.", "Posts are kept for %(num)s days.", group.retention_days
            )
        )
    if seen.account.usual_wait is not None:
        said.append(holds.usually(seen.account.usual_wait, translator))
    return said


def _standing(call: Call, one: Post) -> str:
    """How a post of one's own stands; empty for what is published."""
    sentence = STANDINGS.get(one.standing)
    if sentence is None:
        return ""
    known = one.standing_reason in set(Reason)
    reason = messages.REASONS[Reason(one.standing_reason) if known else Reason.NONE]
    return call.translator.gettext(sentence, reason=call.translator.raw(reason))
