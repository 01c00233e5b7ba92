"""Facts as the engine sees them, and as the decision log keeps them.

One shape serves both: a JSON object with every fact present. Reading a record back refuses a fact that is missing,
unknown or of another type, so that a replay never judges less than the decision it repeats.
"""

from __future__ import annotations

from typing import Any

import msgspec

from server.domain.boundary import (
    Action,
    AuthorFacts,
    AuthorRole,
    ContentClass,
    ContentFacts,
    ContentForm,
    Direction,
    Facts,
    GroupAccess,
    GroupFacts,
    HostStanding,
    MediaKind,
    PeerFacts,
    PostsReach,
    Tier,
)

_ENCODER = msgspec.json.Encoder()


class UnknownFactError(ValueError):
    """A fact that is missing, that no rule may know, or that has an impossible value."""


def context(facts: Facts) -> dict[str, Any]:
    """The Cedar context of a crossing; see schema.cedarschema."""
    peer, group, content, author = facts.peer, facts.group, facts.content, facts.author
    return {
        "direction": facts.direction.value,
        "posts": facts.posts.value,
        "peer": {
            "origin": peer.origin,
            "tier": int(peer.tier),
            "held": peer.held,
            "owes": peer.owes,
            "jurisdiction": peer.jurisdiction,
            "agreement": peer.agreement,
            "labels": sorted(peer.labels),
            "authorHost": peer.author_host.value,
        },
        "group": {"id": group.id, "access": group.access.value, "specialty": group.specialty},
        "content": {
            "form": content.form.value,
            "class": content.content_class.word,
            "rank": int(content.content_class),
            "kinds": sorted(kind.value for kind in content.kinds),
            "language": content.language,
            "checks": sorted(content.checks),
        },
        "author": {
            "level": author.level,
            "profession": author.profession,
            "role": author.role.value,
            "pseudonymous": author.pseudonymous,
        },
    }


def context_json(facts: Facts) -> str:
    return _ENCODER.encode(context(facts)).decode()


def record(facts: Facts) -> dict[str, Any]:
    """The facts for the decision log: the context and the action."""
    return {"action": facts.action.value, **context(facts)}


def from_record(recorded: dict[str, Any]) -> Facts:
    """The facts of a record; UnknownFactError unless it holds exactly the facts of today."""
    try:
        peer, group, content, author = (
            _part(recorded, "peer"),
            _part(recorded, "group"),
            _part(recorded, "content"),
            _part(recorded, "author"),
        )
        facts = Facts(
            direction=Direction(recorded["direction"]),
            action=Action(recorded["action"]),
            peer=PeerFacts(
                origin=peer["origin"],
                tier=Tier(peer["tier"]),
                held=peer["held"],
                owes=peer["owes"],
                jurisdiction=peer["jurisdiction"],
                agreement=peer["agreement"],
                labels=frozenset(peer["labels"]),
                author_host=HostStanding(peer["authorHost"]),
            ),
            group=GroupFacts(
                id=group["id"], access=GroupAccess(group["access"]), specialty=group["specialty"]
            ),
            content=ContentFacts(
                form=ContentForm(content["form"]),
                content_class=ContentClass(content["rank"]),
                kinds=frozenset(MediaKind(kind) for kind in content["kinds"]),
                language=content["language"],
                checks=frozenset(content["checks"]),
            ),
            author=AuthorFacts(
                level=author["level"],
                profession=author["profession"],
                role=AuthorRole(author["role"]),
                pseudonymous=author["pseudonymous"],
            ),
            posts=PostsReach(recorded["posts"]),
        )
    except KeyError as error:
        raise UnknownFactError(f"missing fact: {error.args[0]}") from error
    except (TypeError, ValueError) as error:
        raise UnknownFactError(f"impossible fact: {error}") from error
    if record(facts) != recorded:
        raise UnknownFactError("the record holds a fact that rules do not know")
    require_known(facts)
    return facts


def require_known(facts: Facts) -> None:
    """Refuses facts whose values are not of the declared types: a wrong type would make a rule raise.

    The engine would then skip that rule, be it the one that forbids.
    """
    if not _all(Facts, facts):
        raise UnknownFactError("there are no facts")
    peer, group, content, author = facts.peer, facts.group, facts.content, facts.author
    sound = (
        _all(PeerFacts, peer)
        and _all(GroupFacts, group)
        and _all(ContentFacts, content)
        and _all(AuthorFacts, author)
        and _all(Direction, facts.direction)
        and _all(Action, facts.action)
        and _all(PostsReach, facts.posts)
        and _all(Tier, peer.tier)
        and _all(HostStanding, peer.author_host)
        and _all(GroupAccess, group.access)
        and _all(ContentForm, content.form)
        and _all(ContentClass, content.content_class)
        and _all(AuthorRole, author.role)
        and _all(MediaKind, *content.kinds)
        and _all(bool, peer.held, peer.owes, peer.agreement, author.pseudonymous)
        and _all(str, peer.origin, peer.jurisdiction, group.id, group.specialty)
        and _all(str, content.language, author.profession, *peer.labels, *content.checks)
        and type(author.level) is int
    )
    if not sound:
        raise UnknownFactError("a fact has a value that rules do not know")


def _all(kind: type, *values: object) -> bool:
    return all(isinstance(value, kind) for value in values)


def _part(recorded: dict[str, Any], name: str) -> dict[str, Any]:
    part = recorded[name]
    if not isinstance(part, dict):
        raise UnknownFactError(f"impossible fact: {name} is not an object")
    return part
