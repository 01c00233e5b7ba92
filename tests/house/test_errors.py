"""The error trees are drawn in docstrings, and the drawing equals the classes; nothing else is raised on purpose."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

import federation.errors
import server.core.errors
from federation.errors import FederationError
from server.core.errors import AppError
from tests.support.shared import ROOT

LINE = re.compile(r"^(?P<indent>[\s│]*)(?:[├└]── )?(?P<name>[A-Z]\w+)(?:\s+(?P<status>\d{3}))?")


def drawn(text: str, root: str) -> dict[str, str]:
    """Parents by class, from a tree drawn with box characters."""
    parents: dict[str, str] = {}
    stack: list[tuple[int, str]] = []
    for line in text.splitlines():
        match = LINE.match(line)
        if match is None or ("──" not in line and match["name"] != root):
            continue
        depth = match.start("name")
        while stack and stack[-1][0] >= depth:
            stack.pop()
        parents[match["name"]] = stack[-1][1] if stack else ""
        stack.append((depth, match["name"]))
    return parents


def subclasses(base: type[Exception]) -> Iterator[type[Exception]]:
    for one in base.__subclasses__():
        yield one
        yield from subclasses(one)


def of_module(base: type[Exception]) -> dict[str, str]:
    own = [one for one in subclasses(base) if one.__module__ == base.__module__]
    return {base.__name__: ""} | {one.__name__: one.__bases__[0].__name__ for one in own}


@pytest.mark.parametrize(
    ("text", "base"),
    [(federation.errors.__doc__, FederationError), (server.core.errors.__doc__, AppError)],
    ids=["federation", "server"],
)
def test_the_drawn_tree_is_the_tree(text: str, base: type[Exception]) -> None:
    assert drawn(text, base.__name__) == of_module(base)


def test_the_drawn_statuses_are_the_statuses() -> None:
    text = server.core.errors.__doc__
    assert text is not None
    told = {
        m["name"]: int(m["status"]) for line in text.splitlines() if (m := LINE.match(line)) and m["status"]
    }
    # a line may say "403 until …": the number is what counts
    real = {one.__name__: one.status for one in subclasses(AppError) if one.__module__ == AppError.__module__}
    assert told == real


def test_no_answer_is_a_server_error_but_trouble_of_ours() -> None:
    statuses = {
        one.__name__: one.status for one in subclasses(AppError) if one.__module__ == AppError.__module__
    }
    assert {name for name, status in statuses.items() if status >= 500} == {"Overloaded", "StorageFull"}


def test_reasons_are_constants() -> None:
    """`FederationError("kebab-case")`: never a text that holds what a peer sent."""
    names = {one.__name__ for one in subclasses(FederationError)} | {"FederationError"}
    wrong = []
    for path in sorted((ROOT / "federation").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)):
                continue
            call = node.exc
            if not (isinstance(call.func, ast.Name) and call.func.id in names and call.args):
                continue
            reason = call.args[0]
            if isinstance(reason, ast.JoinedStr) and not _of_reasons(reason):
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno} builds its reason")
            if isinstance(reason, ast.Constant) and not re.fullmatch(
                r"[a-z0-9]+(-[a-z0-9]+)*", str(reason.value)
            ):
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno} {reason.value!r}")
    assert wrong == []


def _of_reasons(text: ast.JoinedStr) -> bool:
    """`f"{reason}-several"`, where the field's own constant is the beginning."""
    parts = [part.value for part in text.values if isinstance(part, ast.FormattedValue)]
    return all(isinstance(part, ast.Name) and part.id == "reason" for part in parts)


def test_nothing_swallows_silently() -> None:
    """`except Exception: pass` hides defects; each broad one says why, and does something."""
    wrong = []
    for package in ("federation", "server"):
        for path in sorted((ROOT / package).rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            for node in ast.walk(ast.parse(text)):
                if not isinstance(node, ast.ExceptHandler):
                    continue
                broad = node.type is None or (
                    isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"}
                )
                if broad and all(isinstance(step, ast.Pass) for step in node.body):
                    wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert wrong == []
