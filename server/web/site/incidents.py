"""What identifies a patient, on our own pages: any member hides a post of a group, a moderator shows it again or has it purged.

To everybody but a moderator the list does not exist; that a moderator read it is written down.
"""

from __future__ import annotations

from markupsafe import Markup
from starlette.responses import Response

from server.core.errors import Invalid, NotFound
from server.domain.posts import Post
from server.domain.viewers import Member
from server.services import accounts, earlier_words, groups, incidents
from server.services.groups import Seen
from server.services.incidents import Shown
from server.services.posts import visible
from server.text.html import sanitise_stored
from server.web.kit import forms, html, responses
from server.web.kit.call import Call
from server.web.kit.unit import Unit
from server.web.site.security import signed

DECISIONS = {"restore": False, "purge": True}
"""Whether it is purged, by the button that was pressed."""


async def identifies(call: Call) -> Response:
    """Hides a post at once, for everybody."""
    await call.write(_report, signed(call).account_id, call.id(), call.id("post"))
    return responses.redirect(f"/groups/{call.id()}")


async def earlier(call: Call) -> Response:
    """Removes what an edited post said before, everywhere: for its author and for moderators."""
    await call.write(_take_back, signed(call).account_id, call.id(), call.id("post"))
    return responses.redirect(f"/groups/{call.id()}/posts/{call.id('post')}")


async def index(call: Call) -> Response:
    """What is hidden in a group and waits for a moderator."""
    seen, found = await call.write(_waiting, signed(call).account_id, call.id())
    return html.page(
        call,
        "site/group_incidents.html",
        seen=seen,
        found=[(one, Markup(sanitise_stored(one.post.content))) for one in found],  # noqa: S704  sanitised in this line
    )


async def decide(call: Call) -> Response:
    """Shows a post again, or has it purged everywhere."""
    purge = DECISIONS.get(str((await forms.body(call)).get("act", "")))
    if purge is None:
        raise Invalid("Please choose what to do from the list")
    await call.write(_decide, signed(call).account_id, call.id(), call.id("incident"), purge)
    return responses.redirect(f"/groups/{call.id()}/incidents")


def _post(unit: Unit, account_id: int, group_id: int, post_id: int) -> Post:
    post = visible.visible_post(unit, Member(account_id), post_id)
    if post.group_id != group_id or post.boost_of_id is not None:
        raise NotFound
    return post


def _take_back(unit: Unit, account_id: int, group_id: int, post_id: int) -> None:
    post = _post(unit, account_id, group_id, post_id)
    earlier_words.take_back(unit, accounts.get(unit, account_id), post)


def _report(unit: Unit, account_id: int, group_id: int, post_id: int) -> None:
    post = _post(unit, account_id, group_id, post_id)
    incidents.report(unit, accounts.get(unit, account_id), post)


def _waiting(unit: Unit, account_id: int, group_id: int) -> tuple[Seen, list[Shown]]:
    viewer, group = accounts.get(unit, account_id), accounts.get(unit, group_id)
    seen = groups.find_for(unit, viewer, group)
    return seen, incidents.waiting(unit, viewer, group)


def _decide(unit: Unit, account_id: int, group_id: int, incident_id: int, purge: bool) -> None:
    viewer, group = accounts.get(unit, account_id), accounts.get(unit, group_id)
    incidents.decide(unit, viewer, group, incident_id, purge=purge)
