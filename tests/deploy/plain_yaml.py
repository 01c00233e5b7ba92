"""A reader of the plain part of YAML in which the compose files are written; it refuses everything else.

Maps, lists, quoted and plain scalars, `{}`, one anchor and its merge. Two spaces an indent, no tabs, no key twice.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

_KEY = re.compile(r"(?P<key>[A-Za-z_<][\w.<-]*):(?: (?P<value>.+))?$")
_SCALAR = re.compile(r'"(?P<quoted>[^"\\]*)"$|(?P<plain>[A-Za-z0-9][\w./:-]*)$')


class NotPlainError(ValueError):
    """Names the line."""


def read(path: Path) -> dict[str, Any]:
    lines = [
        (number, line.rstrip())
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    value, rest = _block(lines, 0, {})
    if rest:
        raise NotPlainError(f"{path.name}:{rest[0][0]} is indented strangely")
    assert isinstance(value, dict)
    return value


Lines = list[tuple[int, str]]


def _block(lines: Lines, indent: int, anchors: dict[str, Any]) -> tuple[Any, Lines]:
    if lines and lines[0][1].lstrip().startswith("- "):
        return _list(lines, indent)
    found: dict[str, Any] = {}
    merged: dict[str, Any] = {}
    while lines and _indent(lines[0]) == indent:
        number, line = lines[0]
        match = _KEY.match(line.strip())
        if match is None:
            raise NotPlainError(f"line {number}: {line.strip()}")
        key, text = match["key"], match["value"]
        if key in found:
            raise NotPlainError(f"line {number}: {key} stands there twice")
        lines = lines[1:]
        anchor = text[1:] if text is not None and text.startswith("&") else None
        if text is None or anchor is not None:
            found[key], lines = _block(lines, indent + 2, anchors)
            if anchor is not None:
                anchors[anchor] = found[key]
        elif key == "<<":
            merged = anchors[text.removeprefix("*")]
        elif text == "{}":
            found[key] = {}
        else:
            found[key] = _scalar(number, text)
    return {**merged, **found}, lines


def _list(lines: Lines, indent: int) -> tuple[list[Any], Lines]:
    found: list[Any] = []
    while lines and _indent(lines[0]) == indent and lines[0][1].lstrip().startswith("- "):
        number, line = lines[0]
        text = line.strip()[2:]
        if _KEY.match(text) is not None:
            # a map, whose first key stands behind the dash
            item, lines = _block([(number, " " * (indent + 2) + text), *lines[1:]], indent + 2, {})
            found.append(item)
        else:
            found.append(_scalar(number, text))
            lines = lines[1:]
    return found, lines


def _indent(line: tuple[int, str]) -> int:
    if "\t" in line[1]:
        raise NotPlainError(f"line {line[0]} holds a tab")
    return len(line[1]) - len(line[1].lstrip())


def _scalar(number: int, text: str) -> str:
    match = _SCALAR.match(text)
    if match is None:
        raise NotPlainError(f"line {number}: {text} wants quotes")
    return match["quoted"] if match["quoted"] is not None else match["plain"]
