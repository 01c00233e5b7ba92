"""Tags on profiles: shown to all who see the profile, counted by open posts alone."""

from __future__ import annotations

from server.core.errors import Invalid, NotFound
from server.domain.featured_tags import FeaturedTag
from server.store import featured_tags as rows
from server.store.session import Unit

MOST = 10
SUGGESTED = 10


def all_of(unit: Unit, account_id: int) -> list[FeaturedTag]:
    return rows.of_account(unit, account_id)


def feature(unit: Unit, account_id: int, tag: str) -> FeaturedTag:
    """tag: folded. Raises Invalid beyond MOST."""
    known = {one.tag: one for one in rows.of_account(unit, account_id)}
    if tag in known:
        return known[tag]
    if len(known) >= MOST:
        raise Invalid("A profile shows at most %(most)s tags", most=MOST)
    rows.add(unit, account_id, tag)
    return next(one for one in rows.of_account(unit, account_id) if one.tag == tag)


def unfeature(unit: Unit, account_id: int, featured_id: int) -> None:
    """Raises NotFound."""
    if not rows.remove(unit, account_id, featured_id):
        raise NotFound


def unfeature_tag(unit: Unit, account_id: int, tag: str) -> None:
    """tag: folded; one that is not shown stays so."""
    for one in rows.of_account(unit, account_id):
        if one.tag == tag:
            rows.remove(unit, account_id, one.id)


def features(unit: Unit, account_id: int, tag: str) -> bool:
    return any(one.tag == tag for one in rows.of_account(unit, account_id))


def suggestions(unit: Unit, account_id: int) -> list[str]:
    """Tags that the member uses most and does not show."""
    return rows.most_used(unit, account_id, SUGGESTED)
