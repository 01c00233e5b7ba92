"""From Cedar source to a compiled, sliced, versioned set of rules.

Refused before anything can be decided by it: source that does not parse or does not fit the schema (an attribute the
schema does not name, an entity's attribute), a rule without an id or with an ill-formed one, an id used twice, a rule
whose set is neither release nor hold, a forbid in the hold set, an unlinked template.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import cedarpy

from server.domain.policies import Link
from server.policy.templates import fill

_HERE = Path(__file__).parent
_RULE_ID = re.compile(r"[a-z0-9]+(?:[.-][a-z0-9]+)*\Z")
_LONGEST_ID = 120


class PolicyError(ValueError):
    """Rules that cannot be taken into force; the sentence says which and why."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. body: Cedar's JSON form. actions, peers, groups: what its scope names; None names everything."""

    id: str
    hold: bool
    forbids: bool
    body: dict[str, Any]
    actions: frozenset[str] | None
    peer: str | None
    group: str | None

    def concerns(self, action: str, peer: str | None, group: str | None) -> bool:
        """Whether the scope can match; peer and group are None where no rule of the set names them."""
        return (
            (self.actions is None or action in self.actions)
            and self.peer in {None, peer}
            and self.group in {None, group}
        )


@cache
def _shipped(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def base_source() -> str:
    """The rules every instance starts with."""
    return _shipped("base.cedar")


def schema_source() -> str:
    return _shipped("schema.cedarschema")


def template_source() -> str:
    return _shipped("templates.cedar")


@cache
def schema() -> cedarpy.Schema:
    return cedarpy.Schema.from_str(schema_source())


@cache
def templates() -> dict[str, dict[str, Any]]:
    """The shipped templates by id, in Cedar's JSON form. Those without a slot for a peer or group are there as well."""
    parsed = json.loads(cedarpy.policies_to_json_str(template_source()))
    bodies = [*parsed["templates"].values(), *parsed["staticPolicies"].values()]
    return {body["annotations"]["id"]: body for body in bodies}


def parse_rules(source: str) -> list[Rule]:
    """The rules of one source text, each checked by itself against form and schema."""
    try:
        parsed = json.loads(cedarpy.policies_to_json_str(source))
    except ValueError as error:
        raise PolicyError(f"the rules do not parse: {error}") from error
    if parsed["templates"]:
        raise PolicyError("a template has to be linked, it cannot be a rule")
    rules = [_rule(body) for body in parsed["staticPolicies"].values()]
    _check_schema(source)
    return rules


def link_rules(links: Iterable[Link]) -> list[Rule]:
    known = templates()
    return [_rule(fill(link, known)) for link in links]


def unique_rules(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """The rules sorted by id; refused if an id occurs twice."""
    seen: set[str] = set()
    for rule in rules:
        if rule.id in seen:
            raise PolicyError(f"the rule id {rule.id!r} is used twice")
        seen.add(rule.id)
    return tuple(sorted(rules, key=lambda rule: rule.id))


def version_of(rules: Sequence[Rule]) -> str:
    """A name for exactly these rules over exactly this schema, whatever their layout and order."""
    digest = sha256(schema_source().encode())
    for rule in rules:
        digest.update(json.dumps(rule.body, sort_keys=True, separators=(",", ":")).encode() + b"\n")
    return digest.hexdigest()[:16]


def engine_set(rules: Sequence[Rule]) -> cedarpy.PolicySet:
    """The rules for the engine, which knows them by our ids."""
    document = {
        "templates": {},
        "staticPolicies": {rule.id: rule.body for rule in rules},
        "templateLinks": [],
    }
    return cedarpy.PolicySet.from_json_str(json.dumps(document))


def _check_schema(source: str) -> None:
    result = cedarpy.validate_policies(source, schema())
    if not result.validation_passed:
        names = result.id_annotations_by_policy_id
        complaints = "; ".join(f"{names.get(e.policy_id, e.policy_id)}: {e.error}" for e in result.errors)
        raise PolicyError(f"the rules do not fit the facts: {complaints}")


def _rule(body: dict[str, Any]) -> Rule:
    annotations = body.get("annotations", {})
    rule_id = annotations.get("id")
    if not rule_id:
        raise PolicyError("a rule has no @id")
    if len(rule_id) > _LONGEST_ID or not _RULE_ID.match(rule_id):
        raise PolicyError(f"the rule id {rule_id!r} is not lower-case words joined by dots or hyphens")
    kind = annotations.get("set", "release")
    forbids = body["effect"] == "forbid"
    if kind not in {"release", "hold"}:
        raise PolicyError(f"{rule_id}: there is no set {kind!r}, only release and hold")
    if kind == "hold" and forbids:
        raise PolicyError(f"{rule_id}: a rule that holds is written as a permit")
    return Rule(
        id=rule_id,
        hold=kind == "hold",
        forbids=forbids,
        body=body,
        actions=_actions(body["action"]),
        peer=_named(body["principal"]),
        group=_named(body["resource"]),
    )


def _actions(scope: dict[str, Any]) -> frozenset[str] | None:
    """The actions a scope names. An operator not known here names everything, so slicing never drops a rule."""
    if scope["op"] == "==":
        return frozenset({scope["entity"]["id"]})
    if scope["op"] == "in":
        entities = scope["entities"] if "entities" in scope else [scope["entity"]]
        return frozenset(entity["id"] for entity in entities)
    return None


def _named(scope: dict[str, Any]) -> str | None:
    return str(scope["entity"]["id"]) if scope["op"] == "==" else None
