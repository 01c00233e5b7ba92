"""The document of a group, as much of it as the asker may see.

Instances that are connected, and no partners, get the stub of a closed group: its name, its address, its keys. Partners get
what somebody must know before asking to join; those with members also get which instances have members, and their keys.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from federation.types import Iri, JsonObject
from federation.vocab import codec
from federation.vocab.profile import PROFILE, GroupTerms, write_group
from server.activitypub.render.actors import actor
from server.core.settings import Settings
from server.domain.accounts import Account, AccountKey


def stub(group: Account, keys: Iterable[AccountKey], settings: Settings) -> JsonObject:
    shown = actor(group, keys, settings)
    return codec.encode(replace(shown, summary=None, icon=None, image=None, attachment=()))


def whole(group: Account, keys: Iterable[AccountKey], settings: Settings, *, has_lists: bool) -> JsonObject:
    """As of any account: without what the profile adds. has_lists: of an open group alone, who moderates it and what it features."""
    shown = actor(group, keys, settings)
    if has_lists:
        shown = replace(shown, moderators=moderators_of(group), featured=featured_of(group))
    return codec.encode(shown)


def moderators_of(group: Account) -> Iri:
    return Iri(f"{group.uri}/moderators")


def featured_of(group: Account) -> Iri:
    return Iri(f"{group.uri}/featured")


def document(shown: JsonObject, terms: GroupTerms) -> JsonObject:
    """Before it is signed. shown: the whole of it."""
    return write_group(shown, terms)


def catalogue(uri: str, own: str, asker: str, groups: list[Iri], made_at: str, until: str) -> JsonObject:
    """Before it is signed. asker: the instance for which it is made, and for no other."""
    return {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": uri,
        "type": "OrderedCollection",
        "profile": PROFILE,
        "attributedTo": own,
        "instance": asker,
        "published": made_at,
        "endTime": until,
        "totalItems": len(groups),
        "orderedItems": [str(one) for one in groups],
    }
