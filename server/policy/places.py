"""Where in a text of rules something is wrong: line and column, for whoever writes it.

The engine says what is wrong and not where. So the text is cut into its statements, each is looked at alone, and within one the
shortest beginning that can no longer become right ends at the fault. Nothing here decides whether rules are sound: `compile` does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import cedarpy

from server.policy.compile import PolicyError, parse_rules, schema

MOST = 20
_SKIPPED = r"(?:\s+|//[^\n]*)*"
_TOKEN = re.compile(r'//[^\n]*|"(?:\\.|[^"\\])*"|\w+|\s+|==|!=|<=|>=|&&|\|\||::|.', re.DOTALL)
_LEADING = re.compile(_SKIPPED)
_NAMED = re.compile(r"`(\w+)[^`]*`|condition: (\w+)|unrecognized \w+ `[^\"`]*\"([^\"]*)\"|'(\W+)' is not")
_FOR_POLICY = re.compile(r"^for policy `[^`]*`, ")
_FOR_ACTION = re.compile(r' in context for Action::"\w+"')
_MET = re.compile(r"unexpected token `([^`]+)`")
_UNFINISHED = "unexpected end of input"


@dataclass(frozen=True, slots=True)
class Fault:
    """line, column: from 1. says: the engine's or our own sentence, in English. text: that line."""

    line: int
    column: int
    says: str
    text: str


def faults(source: str) -> list[Fault]:
    """The first MOST of them in their order; none where nothing of it can be placed."""
    found = []
    for offset, says in sorted(_all(source)):
        line = source.count("\n", 0, offset) + 1
        begins = source.rfind("\n", 0, offset) + 1
        found.append(Fault(line, offset - begins + 1, says, source[begins:].partition("\n")[0].rstrip("\r")))
    return found[:MOST]


def _all(source: str) -> set[tuple[int, str]]:
    found: set[tuple[int, str]] = set()
    used: dict[str, int] = {}
    for offset, statement in _statements(source):
        try:
            rules = parse_rules(statement)
        except PolicyError as error:
            found |= {(offset + place, says) for place, says in _of_statement(statement, error)}
            continue
        for rule in rules:
            if rule.id in used:
                says = f"the rule id {rule.id!r} is used twice"
                found.add((offset + max(statement.find(f'"{rule.id}"'), 0), says))
            used[rule.id] = offset
        if len(found) > MOST:
            break
    return found


def _statements(source: str) -> Iterator[tuple[int, str]]:
    """Where each begins, and its text; a rest without its semicolon is one too."""
    begins = 0
    for token in _TOKEN.finditer(source):
        if token[0] == ";":
            yield from _trimmed(begins, source[begins : token.end()])
            begins = token.end()
    yield from _trimmed(begins, source[begins:])


def _trimmed(offset: int, text: str) -> Iterator[tuple[int, str]]:
    skipped = _LEADING.match(text)
    start = skipped.end() if skipped else 0
    if text[start:]:
        yield offset + start, text[start:]


def _of_statement(statement: str, error: PolicyError) -> Iterator[tuple[int, str]]:
    try:
        cedarpy.policies_to_json_str(statement)
    except ValueError as problem:
        yield _syntax(statement, str(problem)), str(problem)
        return
    result = cedarpy.validate_policies(statement, schema())
    if result.validation_passed:
        yield 0, str(error)
    for one in result.errors:
        says = _FOR_ACTION.sub("", _FOR_POLICY.sub("", str(one.error)))
        yield _named(statement, says), says


def _syntax(statement: str, says: str) -> int:
    """The end of the shortest beginning that fails otherwise than by being unfinished, less its last token."""
    tokens = [token for token in _TOKEN.finditer(statement) if not token[0].isspace()]
    ends = [0, *(token.end() for token in tokens)]
    low, high = 0, len(tokens)  # up to `low` tokens it could still become right
    if says == _UNFINISHED:
        return len(statement.rstrip())
    while high - low > 1:
        middle = (low + high) // 2
        if _could_become_right(statement[: ends[middle]]):
            low = middle
        else:
            high = middle
    if high == len(tokens):
        # the parser looks one token ahead; else the form is right, and a word in it is not
        met = _MET.match(says)
        ahead = [token.start() for token in tokens[-2:] if met and token[0] == met[1]]
        return ahead[0] if ahead else _named(statement, says)
    return tokens[high - 1].start()


def _could_become_right(beginning: str) -> bool:
    try:
        cedarpy.policies_to_json_str(beginning)
    except ValueError as problem:
        return str(problem) == _UNFINISHED
    return True


def _named(statement: str, says: str) -> int:
    """Where what the sentence names stands; the beginning of the statement where it names nothing that is there."""
    named = _NAMED.search(says)
    word = next((part for part in named.groups() if part), "") if named else ""
    if not word:
        return 0
    pieces = [(token.start(), token[0]) for token in _TOKEN.finditer(statement) if not token[0].isspace()]
    places = [
        here
        for (_, before), (here, piece) in pairwise([(0, ""), *pieces])
        if piece.strip('"') == word and (before == "." or not says.startswith("attribute"))
    ]
    return places[0] if places else max(statement.find(word), 0)
