"""Profiles and posts for people with a browser.

Visitors see them only where the instance shows public pages; everywhere else they are led to sign in, whether there
is such a profile or post or not. What is shown is what the visibility predicate says, with the reader's eyes.
"""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup
from starlette.responses import Response

from server.core.errors import NotFound, Unauthenticated
from server.domain.accounts import INSTANCE_ACTOR, Account, Relationship
from server.domain.filters import FilterContext
from server.domain.pages import Page
from server.domain.posts import Post
from server.domain.viewers import Anonymous, Member, Viewer
from server.services import accounts, moving, profiles, relationships, timelines
from server.services.verification import words
from server.text.html import sanitise_stored
from server.web.kit import html, pagination, responses
from server.web.kit.call import Call
from server.web.kit.media_links import MediaLinks
from server.web.kit.unit import Unit
from server.web.site import relations, thread
from server.web.site.posts import Around, around, posts_shown
from server.web.site.security import signed
from server.web.site.thread import Thread

SHOWN = pagination.Limits(20, 40)
MACHINE = ("application/activity+json", "application/ld+json")


@dataclass(frozen=True, slots=True)
class _Profile:
    """relation: how the reader stands to the account; None for visitors, and to oneself."""

    account: Account
    posts: list[Post]
    around: Around
    relation: Relationship | None


async def profile(call: Call) -> Response:
    """A local account and the posts of it that the reader may see. Software is sent to the actor."""
    name = call.parameters["name"]
    if _machine(call):
        account = await call.read(_person, call.viewer, name)
        return responses.redirect(account.uri, 302)
    _visitors_welcome(call)
    page = pagination.page(call, SHOWN)
    return await _page(call, await call.read(_profile, call.viewer, name, page), page)


async def person(call: Call) -> Response:
    """Anybody whom the member may know of, from elsewhere too. Members of the house have their page by name."""
    account_id, page = signed(call).account_id, pagination.page(call, SHOWN)
    account = await call.read(relations.person, account_id, call.id())
    if account.local:
        return responses.redirect(f"/@{account.username}")
    return await _page(call, await call.read(_posts, Member(account_id), account, page), page)


async def _page(call: Call, found: _Profile, page: Page) -> Response:
    account, posts = found.account, found.posts
    return html.page(
        call,
        "site/person.html",
        account=account,
        checked=words.what_was_checked(account.checked, call.context.settings.title, call.translator)
        if account.checked
        else None,
        new_home=await call.read(moving.new_home, account),
        avatar=MediaLinks(call.context).face("avatar", account.id, account.avatar),
        note=Markup(sanitise_stored(account.note)),  # noqa: S704  sanitised on the way out as on the way in
        fields=[
            (field.name, Markup(sanitise_stored(field.value)), bool(field.verified_at))  # noqa: S704
            for field in account.fields
        ],
        pages=profiles.pages_of(account),
        relation=found.relation,
        posts=posts_shown(call, posts, found.around, FilterContext.ACCOUNT),
        older=posts[-1].id if len(posts) >= page.limit else None,
    )


async def post(call: Call) -> Response:
    """One post with what it answers and the answers to it."""
    if _machine(call):
        return responses.redirect(f"{call.context.settings.base}/objects/{call.id()}", 302)
    _visitors_welcome(call)
    found = await call.read(_thread, call.viewer, call.parameters["name"], call.id())
    return html.page(
        call,
        "site/post.html",
        **thread.shown(call, found),
    )


def _machine(call: Call) -> bool:
    accepted = call.request.headers.get("accept", "").lower()
    return any(kind in accepted for kind in MACHINE) and "text/html" not in accepted


def _visitors_welcome(call: Call) -> None:
    if isinstance(call.viewer, Anonymous) and not call.context.settings.public_pages:
        raise Unauthenticated("Please sign in first")


def _person(unit: Unit, viewer: Viewer, name: str) -> Account:
    found = accounts.get_local(unit, name)
    if found.gone or found.username == INSTANCE_ACTOR or not accounts.known_to(unit, viewer, [found]):
        raise NotFound(
            "There is no account %(name)s here", name=name[:60]
        )  # in the words of one that never was
    return found


def _profile(unit: Unit, viewer: Viewer, name: str, page: Page) -> _Profile:
    return _posts(unit, viewer, _person(unit, viewer, name), page)


def _posts(unit: Unit, viewer: Viewer, account: Account, page: Page) -> _Profile:
    posts = timelines.account_posts(unit, viewer, account, page, exclude_replies=True)
    relation = None
    if isinstance(viewer, Member) and viewer.account_id != account.id:
        [relation] = relationships.relationships(unit, viewer.account_id, [account.id])
    return _Profile(account, posts, around(unit, viewer, posts), relation)


def _thread(unit: Unit, viewer: Viewer, name: str, post_id: int) -> Thread:
    found = thread.read(unit, viewer, post_id)
    if found.one.account_id != _person(unit, viewer, name).id:
        raise NotFound
    return found
