"""Whom a received post names, of those who are known here.

It refuses to show a members-only group beside what was not said in it: its id may be known elsewhere, what stands behind it is not for
whoever reads the post.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from federation.types import Iri
from server.domain.accounts import Account, AccountKind
from server.store import accounts, groups
from server.store.session import Unit

MAX_MENTIONS = 64


@dataclass(frozen=True, slots=True)
class Named:
    """Accounts known here, by how they were meant."""

    mentioned: tuple[Account, ...]
    addressed: tuple[Account, ...]

    @property
    def everyone(self) -> list[int]:
        return [account.id for account in (*self.mentioned, *self.addressed)]

    @property
    def touches_us(self) -> bool:
        return any(account.local for account in (*self.mentioned, *self.addressed))


NOBODY = Named((), ())


def people_named(
    unit: Unit,
    author: Account,
    mentioned: Iterable[Iri],
    addressed: Iterable[Iri],
    group: Account | None = None,
) -> Named:
    """group: the members-only group that it was said in, and that it names as a rule."""
    mentions = tuple(dict.fromkeys(mentioned))[:MAX_MENTIONS]
    ours = f"{unit.context.settings.base}/"
    beside = [uri for uri in dict.fromkeys(addressed) if uri not in mentions]
    # of a crowd the members of this instance first: nobody else would tell them
    silent = tuple(sorted(beside, key=lambda uri: not uri.startswith(ours))[:MAX_MENTIONS])
    if not mentions and not silent:
        return NOBODY
    within: dict[str, Account] = {} if group is None else {group.uri: group}
    known = {**within, **accounts.many_by_uri(unit, {*mentions, *silent} - within.keys())}
    known.pop(author.uri, None)
    for one in [each for each in known.values() if each.kind is AccountKind.GROUP]:
        if one.uri not in within and groups.is_confined(unit, one.id):
            del known[one.uri]
    return Named(
        tuple(known[uri] for uri in mentions if uri in known),
        tuple(known[uri] for uri in silent if uri in known),
    )
