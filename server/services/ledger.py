"""The ledger: an entry is committed before the bytes leave, and says which instance may have what, since when, by which rule.

It says *may*: whether a delivery arrived is known of an honest peer only, so a deletion goes to every host that is in it.
"""

from __future__ import annotations

from collections.abc import Mapping

from federation.types import Iri, Origin
from server.domain.ledger import LedgerEntry, Via
from server.domain.posts import Post
from server.store import ledger as rows
from server.store.session import Unit


def may_have(
    unit: Unit,
    object_uri: Iri,
    hosts: Mapping[Origin, str],
    via: Via,
    *,
    post: Post | None = None,
    digest: str = "",
) -> None:
    """In the transaction that lets the bytes leave. hosts: with the rule that permitted each. post: what it is about."""
    rows.add(
        unit,
        [
            {
                "object_uri": object_uri,
                "host": host,
                "group_id": None if post is None else post.group_id,
                "post_id": None if post is None else post.id,
                "author_id": None if post is None else post.account_id,
                "digest": digest,
                "via": via.value,
                "rule": rule,
            }
            for host, rule in sorted(hosts.items())
        ],
    )


def of_object(unit: Unit, object_uri: Iri) -> list[LedgerEntry]:
    return rows.of_object(unit, object_uri)


def hosts_of(unit: Unit, object_uri: Iri) -> list[Origin]:
    """Every instance that may have an object."""
    return rows.hosts_of(unit, object_uri)


def has(unit: Unit, object_uri: Iri, host: Origin) -> bool:
    """Whether a host may have an object: an answer to it is released to no other."""
    return bool(rows.holders(unit, [object_uri], host))
