"""A group's moderators at work on our own pages: who asks, who is in, which post goes, which discussion is closed.

To everybody but a moderator these pages do not exist; members see who is in, where the group lets them, and invite. Requests and
memberships are decided where the group lives.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from starlette.responses import Response

from server.core.errors import AppError, Invalid, NotFound
from server.domain.accounts import Account
from server.domain.groups import REFUSALS, MembershipRole, Roster
from server.domain.moderation import Verb
from server.domain.viewers import Member, Viewer
from server.services import accounts, groups, messages, open_groups, open_moderation, search
from server.services.groups import Arriving, RosterLine, Seen
from server.services.posts import group_life, visible
from server.services.verification import words
from server.web.kit import errors, forms, html, meeting, responses
from server.web.kit.call import Call
from server.web.kit.unit import Unit
from server.web.site import open_group_moderation
from server.web.site.security import signed

Act = Callable[[Unit, str, Account, Account], object]


def _promote(unit: Unit, by: str, group: Account, member: Account) -> object:
    return groups.set_role(unit, by, group, member, MembershipRole.MODERATOR)


def _demote(unit: Unit, by: str, group: Account, member: Account) -> object:
    return groups.set_role(unit, by, group, member, MembershipRole.MEMBER)


ON_REQUESTS: dict[str, Act] = {
    "accept": groups.accept,
    "ban": groups.ban,
    **{f"decline {reason}": partial(groups.reject, reason=reason) for reason in REFUSALS},
}
ON_MEMBERS: dict[str, Act] = {
    "remove": groups.remove,
    "ban": groups.ban,
    "admit": groups.unban,
    "promote": _promote,
    "demote": _demote,
}
IN_OPEN_GROUPS = {
    "ban": Verb.EXCLUDE,
    "admit": Verb.ADMIT,
    "promote": Verb.PROMOTE,
    "demote": Verb.DEMOTE,
}
"""What the group announces to its followers."""
ON_POSTS = {"remove": "remove", "lock": "lock", "unlock": "unlock"}


async def requests(call: Call) -> Response:
    """Who asks to be let in, with what is attested of them."""
    return await _requests_page(call, None)


async def decide(call: Call) -> Response:
    """Admits or declines one who asks."""
    try:
        await _act(call, ON_REQUESTS)
    except NotFound:
        raise
    except AppError as error:
        return await _requests_page(call, error)
    return responses.redirect(f"/groups/{call.id()}/requests")


async def members(call: Call) -> Response:
    """Who is in the group, for those whom it lets see that."""
    return await _members_page(call, None)


async def change(call: Call) -> Response:
    """Removes or excludes a member, or changes who moderates."""
    try:
        await _act(call, ON_MEMBERS)
    except NotFound:
        raise
    except AppError as error:
        return await _members_page(call, error)
    return responses.redirect(f"/groups/{call.id()}/members")


async def invite(call: Call) -> Response:
    """A member invites somebody by name and institution; the group tells them."""
    handle = str((await forms.body(call)).get("who", "")).strip()
    try:
        known = await call.read(_called, call.viewer, handle) or await meeting.called(call, handle)
        if known is None:
            raise Invalid("Nobody of this name was found at a connected institution")
        await call.write(_invite, signed(call).account_id, call.id(), known.id)
    except NotFound:
        raise
    except AppError as error:
        return await _members_page(call, error, typed=handle)
    return await _members_page(call, None, asked=handle)


async def moderate(call: Call) -> Response:
    """Takes a post out of the group, or closes or opens its discussion. In an open group, more."""
    if await call.read(_is_open, signed(call).account_id, call.id()):
        return await open_group_moderation.moderate(call)
    verb = ON_POSTS.get(str((await forms.body(call)).get("act", "")))
    if verb is None:
        raise Invalid("Please choose what to do from the list")
    post_id = call.id("post")
    await call.write(_moderate, signed(call).account_id, call.id(), post_id, verb)
    return responses.redirect(
        f"/groups/{call.id()}" if verb == "remove" else f"/groups/{call.id()}/posts/{post_id}"
    )


# -- what pages are made of ------------------------------------------------------------------------------


async def _act(call: Call, acts: dict[str, Act]) -> None:
    fields = await forms.body(call)
    word = str(fields.get("act", ""))
    act = acts.get(f"decline {fields.get('reason', '')}" if word == "decline" else word)
    if act is None:
        raise Invalid("Please choose what to do from the list")
    await call.write(_done, signed(call).account_id, call.id(), call.id("member"), word, act)


def _done(unit: Unit, account_id: int, group_id: int, member_id: int, word: str, act: Act) -> None:
    viewer, group = accounts.get(unit, account_id), accounts.get(unit, group_id)
    by, member = groups.moderating(unit, viewer, group), accounts.get(unit, member_id)
    verb = IN_OPEN_GROUPS.get(word)
    if verb is not None and open_groups.find(unit, group.uri) is not None:
        open_moderation.by_member(unit, group, viewer, verb, member.uri)
    else:
        act(unit, by, group, member)


def _called(unit: Unit, viewer: Viewer, handle: str) -> Account | None:
    return search.find_account(unit, viewer, handle)


def _invite(unit: Unit, account_id: int, group_id: int, invitee_id: int) -> None:
    viewer = accounts.get(unit, account_id)
    seen = groups.find_for(unit, viewer, accounts.get(unit, group_id))
    if not seen.group.access.members_only:
        raise NotFound
    groups.invite(unit, viewer, seen.account, accounts.get(unit, invitee_id))


def _is_open(unit: Unit, account_id: int, group_id: int) -> bool:
    return groups.find_for(unit, accounts.get(unit, account_id), accounts.get(unit, group_id)).is_open


def _moderate(unit: Unit, account_id: int, group_id: int, post_id: int, verb: str) -> None:
    viewer, group = accounts.get(unit, account_id), accounts.get(unit, group_id)
    post = visible.visible_post(unit, Member(account_id), post_id)
    if post.group_id != group_id or not group_life.moderates(unit, group, account_id):
        raise NotFound
    group_life.moderate(unit, group, viewer, post, verb)


def _asking(unit: Unit, account_id: int, group_id: int) -> tuple[Seen, list[RosterLine], list[Arriving]]:
    viewer, group = accounts.get(unit, account_id), accounts.get(unit, group_id)
    groups.moderating(unit, viewer, group)
    return (
        groups.find_for(unit, viewer, group),
        groups.requests(unit, group),
        groups.arriving(unit, group),
    )


def _roster(
    unit: Unit, account_id: int, group_id: int
) -> tuple[Seen, list[RosterLine], list[RosterLine], bool]:
    """With whom the moderators have excluded, for moderators of a group here."""
    viewer, group = accounts.get(unit, account_id), accounts.get(unit, group_id)
    seen = groups.find_for(unit, viewer, group)
    hidden = seen.member and not seen.moderates and seen.group.roster is Roster.MODERATORS
    return (
        seen,
        [] if hidden else groups.roster(unit, viewer, group),
        groups.excluded(unit, group) if seen.moderates and group.local else [],
        group.local and groups.few_moderators(unit, group),
    )


async def _requests_page(call: Call, problem: AppError | None) -> Response:
    seen, found, arriving = await call.read(_asking, signed(call).account_id, call.id())
    return html.page(
        call,
        "site/group_requests.html",
        problem.status if problem else 200,
        seen=seen,
        lines=_lines(call, found),
        arriving=arriving,
        refusals=messages.refusals(call.translator),
        error=errors.sentence(problem, call.translator) if problem else None,
    )


async def _members_page(
    call: Call, problem: AppError | None, *, typed: str = "", asked: str = ""
) -> Response:
    """asked: who was invited just now."""
    seen, found, excluded, few = await call.read(_roster, signed(call).account_id, call.id())
    return html.page(
        call,
        "site/group_members.html",
        problem.status if problem else 200,
        seen=seen,
        few=few,
        decides=seen.moderates and seen.account.local,
        lines=_lines(call, found),
        excluded=excluded,
        invites=seen.group.access.members_only,
        typed=typed,
        asked=asked,
        error=errors.sentence(problem, call.translator) if problem else None,
    )


def _lines(call: Call, found: list[RosterLine]) -> list[dict[str, Any]]:
    """Each with what is stated of them, by whom and until when."""
    return [
        {
            "account": one.account,
            "membership": one.membership,
            "moderates": one.membership.role.moderates,
            "stated": words.of_attestation(one.attestation, call.translator),
        }
        for one in found
    ]
