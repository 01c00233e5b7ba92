"""Finding accounts, tags and posts by what somebody types. What the viewer may not see is not found.

Accounts whom the viewer blocks or mutes are found like others: an app needs to find them to undo it. Posts are
found here by their address; by their words in `post_search`.
"""

from __future__ import annotations

import re

from server.domain.accounts import Account, AccountKind
from server.domain.posts import Post
from server.domain.viewers import Viewer
from server.services import accounts as account_service
from server.services.posts.visible import visible_posts
from server.services.verification.words import specialties_called
from server.store import accounts as account_rows
from server.store import search as rows
from server.store.session import Unit

OWN_POST = re.compile(r"/(?:@[^/@]+|objects)/([0-9]{1,19})/?")
OWN_PROFILE = re.compile(r"/@([^/@]+)/?")
SCAN = 200


def accounts(
    unit: Unit, viewer: Viewer, text: str, *, limit: int, offset: int = 0, followed_by: int | None = None
) -> list[Account]:
    """By name, handle or display name, groups by their specialty too; an exact handle stands first. followed_by: only whom this account follows."""
    wanted = text.strip().removeprefix("acct:").removeprefix("@")
    if not wanted:
        return []
    own = unit.context.settings.domain
    name, _, domain = wanted.partition("@")
    asked = name if domain.casefold() == own else wanted
    if followed_by is None:
        found = account_rows.search(unit, asked, limit=limit, offset=offset)
        if offset == 0:
            called = rows.groups_of(unit, specialties_called(wanted), limit)
            found = list({one.id: one for one in (*called, *found)}.values())[:limit]
    else:
        many = account_rows.search(unit, asked, limit=SCAN)
        followed = rows.followed_among(unit, followed_by, [one.id for one in many])
        found = [one for one in many if one.id in followed][offset : offset + limit]
    found = account_service.known_to(unit, viewer, found)
    exact = find_account(unit, viewer, wanted)
    if exact is not None and offset == 0 and (followed_by is None or exact in found):
        found = [exact, *(one for one in found if one.id != exact.id)][:limit]
    return found


def find_account(unit: Unit, viewer: Viewer, handle: str) -> Account | None:
    """By `name` or `name@host`, among those known here, known to the viewer, and not gone."""
    name, _, domain = handle.strip().removeprefix("acct:").removeprefix("@").partition("@")
    if domain.casefold() == unit.context.settings.domain:
        domain = ""
    found = account_rows.find_by_name(unit, name, domain.casefold())
    if found is None or found.gone or (found.local and found.kind is AccountKind.APPLICATION):
        return None
    return next(iter(account_service.known_to(unit, viewer, [found])), None)


def account_at(unit: Unit, viewer: Viewer, address: str) -> Account | None:
    """By the address of a page or of the actor itself."""
    base = unit.context.settings.base
    if address.startswith(base + "/"):
        page = OWN_PROFILE.fullmatch(address[len(base) :])
        if page is not None:
            return find_account(unit, viewer, page[1])
    found = rows.find_account_by_url(unit, address)
    if found is None or found.gone:
        return None
    return next(iter(account_service.known_to(unit, viewer, [found])), None)


def post_at(unit: Unit, viewer: Viewer, address: str) -> Post | None:
    """By the address of its page or its id on the wire, where the viewer may see it."""
    base = unit.context.settings.base
    ids: list[int] = []
    if address.startswith(base + "/"):
        own = OWN_POST.fullmatch(address[len(base) :])
        if own is not None and int(own[1]) < 1 << 63:
            ids = [int(own[1])]
    ids = ids or rows.post_ids_by_address(unit, address)
    found = visible_posts(unit, viewer, ids)
    return next(iter(found.values()), None)


def tags(unit: Unit, viewer: Viewer, text: str, *, limit: int, offset: int = 0) -> list[str]:
    """Tags in use, folded."""
    wanted = text.strip().removeprefix("#").casefold()
    if not wanted or any(letter.isspace() for letter in wanted):
        return []
    return rows.tags(unit, viewer, wanted, limit, offset)
