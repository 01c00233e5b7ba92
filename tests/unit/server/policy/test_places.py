"""Faults in a text of rules are named where they stand."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from server.policy.compile import PolicyError, base_source, parse_rules
from server.policy.places import MOST, faults

HEAD = '@id("a") permit(principal, action, resource)'


@pytest.mark.parametrize(
    ("source", "at"),
    [
        (f"{HEAD} whn {{ true }};", "whn"),
        (f"{HEAD} when {{ context.peer.tier >= 1 && }};", "}"),
        ('@id("a") permit(principal, action action, resource);', "action, resource"),
        (f"{HEAD}\nwhen {{ context.foo == 3 }};", "foo"),
        (f"{HEAD}\nwhen {{ context.peer_tier = 3 }};", "= 3"),
        (f"{HEAD} when {{ far(3) }};", "far"),
        (f'{HEAD} when {{ "open }};', '"open'),
        (f"{HEAD} when {{ true }}; \u00a7", "\u00a7"),
        ("// a; b\npermit(principal, action, resource);", "permit"),
        (f'{HEAD};\n@id("a") forbid(principal, action, resource);', '"a") forbid'),
        (f'{HEAD};\n@set("hold") @id("b") forbid(principal, action, resource);', "@set"),
        (f"{HEAD} when {{ true", None),
    ],
)
def test_a_fault_is_named_where_it_stands(source: str, at: str | None) -> None:
    [found] = faults(source)
    lines = source.split("\n")
    offset = sum(len(line) + 1 for line in lines[: found.line - 1]) + found.column - 1
    assert offset == (len(source) if at is None else source.index(at)), found
    assert found.text == lines[found.line - 1]


def test_each_statement_is_looked_at_and_no_more_than_some_are_told() -> None:
    assert faults(base_source()) == []
    found = faults(f"{HEAD} when {{ context.foo == 3 }};\n" * 50)
    assert len(found) == MOST and [one.line for one in found] == list(range(1, MOST + 1))


pieces = st.sampled_from(
    [HEAD, "permit(", '"', ";", "//", "\n", " when { ", "context.foo", " }", "@id", "\\", "\u00e9"]
)


@given(st.lists(pieces, max_size=8).map("".join))
@example('"\\')
@settings(max_examples=60, deadline=None)
def test_whatever_is_refused_has_a_place_inside_the_text(source: str) -> None:
    found = faults(source)
    lines = source.split("\n")
    assert all(
        1 <= one.line <= len(lines) and 1 <= one.column <= len(lines[one.line - 1]) + 1 for one in found
    )
    try:
        parse_rules(source)
    except PolicyError:
        assert found
