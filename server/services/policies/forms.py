"""Templates as forms: what each asks for, and the rules that come of one that was filled in."""

from __future__ import annotations

from dataclasses import dataclass

from server.domain.policies import Link, OwnRules
from server.policy.compile import templates
from server.policy.templates import slots
from server.services import accounts, instances, policies
from server.services.policies import words
from server.store.session import Unit


@dataclass(frozen=True, slots=True)
class Form:
    """peer, group: whether it asks for one. value: the kind of value it asks for, or "". says: a gettext id."""

    template: str
    peer: bool
    group: bool
    value: str
    says: str


def shipped() -> list[Form]:
    return [Form(name, *slots(body), words.RULES[name]) for name, body in sorted(templates().items())]


def filled(unit: Unit, link: Link) -> OwnRules:
    """The house's own rules with one more. link: as a person typed it: a peer, a group by its name here or its id.

    Raises Invalid, NotFound, Conflict.
    """
    group = link.group if not link.group or "://" in link.group else accounts.get_local(unit, link.group).uri
    peer = str(instances.canonical(link.peer)) if link.peer else ""
    made = Link(link.rule_id, link.template, peer, group, link.value)
    return policies.with_link(policies.own_rules(unit), made)
