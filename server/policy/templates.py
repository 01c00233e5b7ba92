"""Rules with slots: what a form fills in, a link, becomes one rule with its own id.

A link names a template of the shipped file, a rule id, and a peer, a group, or both. It can do nothing that the
template's text does not say. An unknown template, a missing or a superfluous slot is refused.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

_SLOTS = {"principal": "Instance", "resource": "Group"}


class LinkError(ValueError):
    """A link that does not fit its template."""


@dataclass(frozen=True, slots=True)
class Link:
    """One filled-in form. peer: an origin, or "" where the template has no such slot; group: an id, likewise."""

    rule_id: str
    template: str
    peer: str = ""
    group: str = ""


def fill(link: Link, templates: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The rule, in Cedar's JSON form, that a link makes out of its template."""
    template = templates.get(link.template)
    if template is None:
        raise LinkError(f"{link.rule_id}: there is no template {link.template!r}")
    rule = deepcopy(template)
    for variable, value in (("principal", link.peer), ("resource", link.group)):
        scope = rule[variable]
        slotted = "slot" in scope
        if slotted != bool(value):
            raise LinkError(
                f"{link.rule_id}: template {link.template!r} and its slot for {variable} do not agree"
            )
        if slotted:
            scope.pop("slot")
            scope["entity"] = {"type": _SLOTS[variable], "id": value}
    rule["annotations"] = {**rule.get("annotations", {}), "id": link.rule_id}
    return rule
