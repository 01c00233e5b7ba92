"""Readers of published test vectors, which come as Gherkin features and as JSON. They refuse nothing: vectors are ours."""

from __future__ import annotations

import json
import re
from pathlib import Path
from textwrap import dedent

from federation.types import Json

_DOC_STRING = re.compile(r'"""\n(.*?)\n\s*"""', re.DOTALL)


def read_json(path: Path) -> Json:
    return json.loads(path.read_text(encoding="utf-8"))


def scenarios(path: Path) -> dict[str, str]:
    """The text of each scenario of a .feature file, by its title."""
    parts = re.split(r"^\s*Scenario: (.+)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def documents(scenario: str) -> list[Json]:
    """The JSON documents that a scenario quotes, in order."""
    return [json.loads(dedent(text)) for text in _DOC_STRING.findall(scenario)]


def quoted(scenario: str, after: str) -> str:
    """The quoted text that follows some words on their line."""
    found = re.search(re.escape(after) + r' "([^"]+)"', scenario)
    if found is None:
        raise LookupError(after)
    return found[1]
