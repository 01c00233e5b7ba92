"""Actors of other instances, as their own documents describe them.

It refuses to let a document move an account to another name or host, and takes only what is shown or needed.
"""

from __future__ import annotations

from typing import Any

from federation.iri import origin_of, same_origin, strip_fragment
from federation.types import Iri
from federation.vocab.actors import Actor
from server.core.errors import Conflict, Invalid
from server.domain.accounts import Account, AccountKind
from server.domain.changes import ChangeKind
from server.services import partners
from server.store import accounts as rows
from server.store.session import Unit
from server.text.html import sanitise

FIELDS = 16
NAME_LENGTH = 500


def receive(unit: Unit, actor: Actor) -> Account:
    """Adds or refreshes the account of an actor whose document came from its own origin.

    Raises Invalid where the document lacks what an account needs, Conflict where its handle belongs to another id.
    """
    if actor.id is None or actor.inbox is None:
        raise Invalid("The actor has no inbox")
    if origin_of(actor.id) == unit.context.settings.origin:
        raise Invalid("The actor is one of this instance's own")
    if not same_origin(actor.inbox, actor.id):
        # what is decided about the actor's instance would be delivered to another
        raise Invalid("The actor's inbox is on another host")
    username = (actor.preferred_username or "").strip()
    if not username or len(username) > 255 or any(c in username for c in "@/ \t\n<>\"'"):
        raise Invalid("The actor has no usable name")
    values = _values(actor, username)
    before = rows.find_by_uri(unit, actor.id)
    if before is None:
        account_id = unit.new_id()
        taken = rows.find_by_name(unit, username, values["domain"])
        if taken is not None:
            # a deleted and newly made actor of the same name, or one that a group had vouched for and whose own instance was
            # never asked: the old row keeps its posts under a name of its own
            if taken.deleted_at is None and taken.fetched_at is not None:
                raise Conflict("The handle belongs to another actor")
            rows.change(
                unit,
                taken.id,
                {
                    "username": f"{username}-{taken.id}",
                    "username_folded": f"{username}-{taken.id}".casefold(),
                },
            )
        created = actor.published or unit.now
        rows.add(
            unit, {"id": account_id, "created_at": min(created, unit.now), "fetched_at": unit.now, **values}
        )
    else:
        account_id = before.id
        if before.username.casefold() != username.casefold():
            if rows.find_by_name(unit, username, values["domain"]) is not None:
                raise Conflict("The handle belongs to another actor")
            values["username_folded"] = username.casefold()
        rows.change(unit, account_id, {**values, "fetched_at": unit.now})
        unit.changed(ChangeKind.ACCOUNT, account_id)
    _receive_keys(unit, account_id, actor)
    listed = [one.key.to_multibase() for one in actor.assertion_methods if one.key is not None]
    partners.heard_keys(unit, origin_of(actor.id), actor.id, listed)
    account = rows.find(unit, account_id)
    assert account is not None
    return account


def introduce(unit: Unit, uri: Iri, username: str, name: str) -> Account:
    """An author whom a group elsewhere vouches for, and whose own instance was not asked. Raises Conflict."""
    known = rows.find_by_uri(unit, uri)
    if known is not None:
        return known
    domain = origin_of(uri)
    if rows.find_by_name(unit, username, domain) is not None:
        raise Conflict("The handle belongs to another actor")
    account_id = unit.new_id()
    values = {
        "id": account_id,
        "created_at": unit.now,
        "username": username,
        "domain": domain,
        "uri": uri,
        "url": uri,
        "kind": AccountKind.PERSON.value,
        "inbox": f"{uri}/inbox",
        "display_name": name[:NAME_LENGTH],
        "locked": True,
        "discoverable": False,
    }
    rows.add(unit, values)
    account = rows.find(unit, account_id)
    assert account is not None
    return account


def gone(unit: Unit, account: Account) -> None:
    """The actor was deleted at home: nothing of it is shown any more; its id is remembered."""
    rows.change(
        unit,
        account.id,
        {"deleted_at": unit.now, "display_name": "", "note": "", "fields": [], "avatar": "", "header": ""},
    )
    unit.changed(ChangeKind.ACCOUNT, account.id)


def _values(actor: Actor, username: str) -> dict[str, Any]:
    assert actor.id is not None
    own = origin_of(actor.id)
    kind = AccountKind(actor.type)
    return {
        "username": username,
        "domain": own,
        "uri": actor.id,
        "url": _own_page(actor),
        "kind": kind.value,
        "inbox": actor.inbox,
        "shared_inbox": _same_origin(actor.shared_inbox, actor.id),
        "outbox": _same_origin(actor.outbox, actor.id),
        "followers_uri": _same_origin(actor.followers, actor.id),
        "following_uri": _same_origin(actor.following, actor.id),
        "featured_uri": _same_origin(actor.featured, actor.id),
        "display_name": (actor.name or "")[:NAME_LENGTH],
        "note": sanitise(actor.summary or ""),
        "fields": [
            [field.name[:NAME_LENGTH], sanitise(field.value), ""] for field in actor.attachment[:FIELDS]
        ],
        "avatar": actor.icon.url if actor.icon else "",
        "header": actor.image.url if actor.image else "",
        "locked": actor.manually_approves_followers,
        "bot": kind in {AccountKind.SERVICE, AccountKind.APPLICATION},
        "discoverable": actor.discoverable is not False,
        "indexable": bool(actor.indexable),
        "moved_to_uri": actor.moved_to,
        "also_known_as": list(actor.also_known_as),
        "actor_updated_at": actor.updated,
    }


def _receive_keys(unit: Unit, account_id: int, actor: Actor) -> None:
    listed = [
        key
        for key in (*actor.public_keys, *actor.assertion_methods)
        if key.key is not None and key.owner == actor.id and _may_list(unit, account_id, actor.id, key.id)
    ]
    for key in listed:
        assert key.key is not None
        rows.add_key(
            unit,
            {
                "id": unit.new_id(),
                "account_id": account_id,
                "key_id": key.id,
                "algorithm": str(key.key.algorithm),
                "public": key.key.der,
                "private_sealed": None,
                "created_at": unit.now,
                "fetched_at": unit.now,
                "retired_at": None,
            },
        )
        unit.changed(ChangeKind.KEY, key.id)
    for key_id in rows.retire_keys(unit, account_id, [key.id for key in listed]):
        unit.changed(ChangeKind.KEY, key_id)


def _may_list(unit: Unit, account_id: int, actor_id: Iri, key_id: Iri) -> bool:
    """A key of the actor's own origin, and not one that stands as another account's: nobody takes a key over.

    An actor whose own document holds the key (its id and a fragment) is its owner whatever was listed before.
    """
    if not same_origin(key_id, actor_id):
        return False
    known = rows.find_key(unit, key_id)
    return known is None or known[0].account_id == account_id or strip_fragment(key_id) == actor_id


def _own_page(actor: Actor) -> str:
    """The human page; another host's address is not believed."""
    assert actor.id is not None
    page = actor.url
    return page if page is not None and origin_of(page) == origin_of(actor.id) else actor.id


def _same_origin(iri: Iri | None, own: Iri) -> Iri | None:
    return iri if iri is not None and same_origin(iri, own) else None
