"""Instances that a member blocks for themselves: nothing of theirs is shown, and follows with its people end.

Memberships of groups that live there stay: they are left by leaving them.
"""

from __future__ import annotations

from server.core.errors import Invalid
from server.domain.accounts import Account
from server.domain.pages import Page
from server.domain.work import EventKind
from server.services import events, instances
from server.services.relationships.local import ended
from server.store import domain_blocks as rows
from server.store.session import Unit

MOST = 500


def block_domain(unit: Unit, by: Account, text: str) -> None:
    """Raises Invalid for what is no instance, and for this one."""
    domain = instances.canonical(text)
    if domain == unit.context.settings.origin:
        raise Invalid("You cannot block the instance that you are on")
    if len(rows.page(unit, by.id, Page(limit=MOST))) >= MOST:
        raise Invalid("You can block at most %(most)s instances", most=MOST)
    rows.add(unit, by.id, domain)
    for one in rows.follows_with(unit, by.id, domain):
        ended(unit, one)
        kind = EventKind.FOLLOW_ENDED if one.account_id == by.id else EventKind.FOLLOW_REJECTED
        events.happened(
            unit, kind, follow_id=one.id, account_id=one.account_id, target_id=one.target_id, uri=one.uri
        )


def unblock_domain(unit: Unit, by: Account, text: str) -> None:
    rows.remove(unit, by.id, instances.canonical(text))


def domain_blocks(unit: Unit, account_id: int, page: Page) -> list[tuple[int, str]]:
    """With the id by which pages are bounded."""
    return rows.page(unit, account_id, page)
