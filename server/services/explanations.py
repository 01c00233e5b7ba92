"""Why something crosses, waits or stays: each action for one post and one peer, with the rules that decide, in words.

It asks the same questions as sending does, and records nothing. It tells rules and instances, never the post's text.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from federation.types import Origin
from server.core.errors import NotFound
from server.core.i18n import Translator
from server.domain.boundary import Action, Decision, Direction, Effect
from server.domain.posts import Post
from server.policy.decide import PolicySet
from server.services import boundary, destinations, policies
from server.services.policies import words
from server.services.posts import visible
from server.store import accounts, instances, media
from server.store.session import Unit

_LONGEST_NUMBER = 19
"""Digits; more are no number of a post."""


@dataclass(frozen=True, slots=True)
class Explained:
    """One action towards one peer. addressed: whether the post is meant for somebody there at all."""

    peer: Origin
    action: Action
    addressed: bool
    decision: Decision
    because: tuple[words.Said, ...]


def of_ours(unit: Unit, named: str) -> Post:
    """A post of this instance, by its number, its address, or the address of its page. Raises NotFound."""
    settings = unit.context.settings
    number = named.rpartition("/")[2] if named.startswith(f"{settings.base}/@") else named
    if number.isascii() and number.isdecimal() and len(number) < _LONGEST_NUMBER:
        found = visible.find(unit, int(number))
    else:
        found = visible.find_by_uri(unit, named.replace("\0", ""))
    if found is None or not found.local:
        raise NotFound("There is no such post of this instance")
    return found


def post(unit: Unit, explained: Post, peers: Iterable[Origin]) -> list[Explained]:
    """For every peer: delivering the post, answering its fetch, handing out its media."""
    attached = media.of_posts(unit, [explained.id]).get(explained.id, ())
    crossing = boundary.of_post(unit, explained, attached)
    addressed = {origin for origin, _ in destinations.of_post(unit, explained)}
    actions = [Action.DELIVER, Action.FETCH, *([Action.MEDIA] if attached else [])]
    rules = policies.current(unit)
    return [
        Explained(peer, action, peer in addressed, decision, _named(unit, because(rules, decision)))
        for peer in peers
        for action in actions
        for decision in [boundary.would(unit, Direction.OUT, action, peer, crossing)]
    ]


def peers(unit: Unit) -> list[Origin]:
    """Those that something may cross to at all."""
    return [one.domain for one in instances.all_known(unit) if one.trust.speaks]


def because(rules: PolicySet, decision: Decision) -> tuple[words.Said, ...]:
    """The deciding rules in words; never empty."""
    if decision.alarm:
        return (words.Said("", words.ALARM, {"why": decision.alarm}),)
    known = {rule.id: rule for rule in rules.rules}
    said = tuple(words.of_rule(known[name]) for name in decision.rules if name in known)
    if decision.effect is Effect.DENY and not any(known[one.rule].forbids for one in said):
        return (words.Said("", words.NO_PERMIT, {}),)
    return said


def of_rules(unit: Unit, names: Iterable[str]) -> tuple[words.Said, ...]:
    """Rules of the log in words; one that is not in force any more has its id alone."""
    known = {rule.id: rule for rule in policies.current(unit).rules}
    return _named(
        unit, [words.of_rule(known[name]) if name in known else words.Said(name, "", {}) for name in names]
    )


def _named(unit: Unit, found: Iterable[words.Said]) -> tuple[words.Said, ...]:
    """Groups by their names; one that is not known here keeps its address."""
    said = tuple(found)
    known = accounts.many_by_uri(unit, {uri for one in said if (uri := one.values.get("group"))})
    return tuple(
        replace(one, values={**one.values, "group": f"@{known[uri].acct}"})
        if (uri := one.values.get("group", "")) in known
        else one
        for one in said
    )


def of_peer(unit: Unit, peer: Origin) -> tuple[words.Said, ...]:
    """The rules in force that may decide about one instance, in words: the annex of an agreement with it."""
    rules = policies.current(unit).rules
    return of_rules(unit, [rule.id for rule in rules if rule.peer in {None, peer}])


def sentence(said: words.Said, translator: Translator) -> str:
    """For a person: the rule in words, and its id."""
    text = translator.gettext(said.message, **said.values) if said.message else ""
    return " ".join(part for part in (text, f"[{said.rule}]" if said.rule else "") if part)
