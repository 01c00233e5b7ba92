"""Rules with slots: what a form fills in, a link, becomes one rule with its own id.

A link names a template of the shipped file, a rule id, and what its slots want: a peer, a group, a value. It can do
nothing that the template's text does not say. An unknown template, a missing or a superfluous slot is refused.
"""

from __future__ import annotations

import re
from copy import deepcopy
from typing import Any

from server.domain.policies import Link

_SLOTS = {"principal": "Instance", "resource": "Group"}
_VALUES = {"jurisdiction": re.compile(r"[A-Z]{2}\Z"), "level": re.compile(r"[1-4]\Z")}
_TEXT, _NUMBER = "?value", 9999
"""What stands for the value in a template's text."""


class LinkError(ValueError):
    """A link that does not fit its template."""


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
    annotations = {**rule.get("annotations", {}), "id": link.rule_id, "template": link.template}
    kind = annotations.pop("value", "")
    if bool(kind) != bool(link.value) or (kind and not _VALUES[kind].match(link.value)):
        wanted = f"wants a {kind}" if kind else "has no value"
        raise LinkError(f"{link.rule_id}: template {link.template!r} {wanted}")
    if kind:
        rule["conditions"] = _filled(rule["conditions"], link.value)
        annotations["filled"] = link.value
    rule["annotations"] = annotations
    return rule


def slots(template: dict[str, Any]) -> tuple[bool, bool, str]:
    """What a form has to ask for: a peer, a group, and the kind of a value or ""."""
    return (
        "slot" in template["principal"],
        "slot" in template["resource"],
        str(template.get("annotations", {}).get("value", "")),
    )


def _filled(body: Any, value: str) -> Any:
    if isinstance(body, dict):
        return {name: _filled(part, value) for name, part in body.items()}
    if isinstance(body, list):
        return [_filled(part, value) for part in body]
    if body == _TEXT:
        return value
    return int(value) if type(body) is int and body == _NUMBER else body
