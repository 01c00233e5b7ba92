"""A moderator of an open group at work on our own pages: in one of ours it holds at once, one elsewhere is asked and has not answered yet.

To everybody but a moderator these buttons do not exist. What was asked stands here until the group announces it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from server.core.errors import Invalid, NotFound
from server.core.i18n import N_
from server.domain.accounts import Account
from server.domain.moderation import Asked, Verb
from server.domain.posts import Post
from server.domain.viewers import Member
from server.services import accounts, communities, groups, open_moderation
from server.services.groups import Seen
from server.services.posts import visible
from server.web.kit import forms, responses
from server.web.kit.call import Call
from server.web.kit.unit import Unit
from server.web.site.security import signed

ASKED: Mapping[Verb, str] = {
    Verb.REMOVE: N_("Take a post out of the group"),
    Verb.RESTORE: N_("Bring a post back"),
    Verb.LOCK: N_("Close a discussion"),
    Verb.UNLOCK: N_("Open a discussion again"),
    Verb.FEATURE: N_("Show a post first"),
    Verb.UNFEATURE: N_("Show a post first no longer"),
    Verb.EXCLUDE: N_("Exclude %(name)s"),
    Verb.ADMIT: N_("Let %(name)s in again"),
    Verb.PROMOTE: N_("Make %(name)s a moderator"),
    Verb.DEMOTE: N_("Moderator no more: %(name)s"),
}
BUTTONS: Mapping[Verb, str] = {
    **ASKED,
    Verb.REMOVE: N_("Take this post out of the group"),
    Verb.LOCK: N_("Close the discussion"),
    Verb.UNLOCK: N_("Open the discussion again"),
    Verb.FEATURE: N_("Show this post first"),
    Verb.UNFEATURE: N_("Show this post first no longer"),
}
DANGEROUS = frozenset({Verb.REMOVE, Verb.EXCLUDE})
_BRING_BACK = "restore"


@dataclass(frozen=True, slots=True)
class AskedLine:
    """person: whom it is about, where it is about one. page: of the post, where it is here."""

    asked: Asked
    person: Account | None
    post_id: int | None


async def moderate(call: Call) -> Response:
    """What the buttons below a post do: to the post, its discussion, or its author."""
    word = str((await forms.body(call)).get("act", ""))
    if word not in set(Verb) or word == _BRING_BACK:
        raise Invalid("Please choose what to do from the list")
    verb, post_id = Verb(word), call.id("post")
    is_local = await call.write(_moderate, signed(call).account_id, call.id(), post_id, verb)
    home = f"/groups/{call.id()}"
    if is_local and verb is Verb.REMOVE:
        return responses.redirect(home)
    return responses.redirect(
        f"{home}/posts/{post_id}?done={verb.value}" if is_local else f"{home}/posts/{post_id}"
    )


def told(call: Call) -> str:
    """What was just done, in words; empty where nothing was."""
    word = call.request.query_params.get("done", "")
    return call.translator.gettext("This was done.") if word in set(Verb) else ""


def buttons(unit: Unit, seen: Seen, viewer_id: int, post: Post) -> list[Verb]:
    """For moderators of an open group."""
    if not (seen.is_open and seen.moderates):
        return []
    return open_moderation.offered(unit, seen.account, accounts.get(unit, viewer_id), post)


def buttons_of(call: Call, verbs: Sequence[Verb], author: Account) -> list[tuple[str, str, bool]]:
    """As a template shows them: the word that is sent, what stands on it, and whether it takes something away."""
    name = f"@{author.acct}"
    return [
        (verb.value, call.translator.gettext(BUTTONS[verb], name=name), verb in DANGEROUS) for verb in verbs
    ]


def asked_lines(unit: Unit, seen: Seen) -> list[AskedLine]:
    """For moderators here of a group elsewhere."""
    found = open_moderation.asked(unit, seen.account) if seen.moderates_elsewhere else []
    lines = []
    for one in found:
        person = accounts.find_by_uri(unit, one.uri) if one.verb.of_person else None
        post = None if one.verb.of_person else visible.find_by_uri(unit, one.uri)
        lines.append(AskedLine(one, person, None if post is None else post.id))
    return lines


def asked_of(call: Call, lines: Sequence[AskedLine]) -> list[dict[str, Any]]:
    """As a template shows them."""
    return [
        {
            "what": call.translator.gettext(
                ASKED[one.asked.verb], name=f"@{one.person.acct}" if one.person is not None else ""
            ),
            "at": one.asked.asked_at,
            "post_id": one.post_id,
        }
        for one in lines
    ]


def _moderate(unit: Unit, account_id: int, group_id: int, post_id: int, verb: Verb) -> bool:
    """Answers whether the group lives here. Raises NotFound for everybody but its moderators."""
    viewer, group = accounts.get(unit, account_id), accounts.get(unit, group_id)
    seen = groups.find_for(unit, viewer, group)
    post = visible.visible_post(unit, Member(account_id), post_id)
    if not seen.is_open or not seen.moderates or not communities.holds(unit, group, post):
        raise NotFound
    author = accounts.get(unit, post.account_id)
    if verb.of_person and author.id == viewer.id:
        raise Invalid("You cannot do this to yourself")
    open_moderation.by_member(unit, group, viewer, verb, author.uri if verb.of_person else post.uri)
    return group.local
