"""How remarks are printed: in the instance's language, as lines or as JSON."""

from __future__ import annotations

import json
from typing import Any

import typer

from server.core.i18n import Catalogue, Translator
from server.core.settings import Settings
from server.domain.remarks import Level, Remark

_COLOURS = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "red"}


def translator(settings: Settings) -> Translator:
    return Catalogue(default=settings.language, zone=settings.timezone).translator()


def lines(remarks: list[Remark], words: Translator, *, colours: bool) -> None:
    """A word (or with `colours` the name of one), the topic, the sentence; below it what to do."""
    for remark in remarks:
        word = remark.level.colour if colours else remark.level.value
        typer.echo(
            f"{typer.style(f'{word:<6}', fg=_COLOURS[remark.level])} {remark.topic:<10} {sentence(remark, words)}"
        )
        if remark.action:
            print(f"{'':<17} → {words.gettext(remark.action, **remark.values)}")


def sentence(remark: Remark, words: Translator) -> str:
    return words.gettext(remark.message, **remark.values)


def as_json(remarks: list[Remark], words: Translator) -> list[dict[str, Any]]:
    return [
        {
            "topic": remark.topic,
            "level": remark.level.value,
            "colour": remark.level.colour,
            "sentence": sentence(remark, words),
            "action": words.gettext(remark.action, **remark.values) if remark.action else "",
            "values": dict(remark.values),
        }
        for remark in remarks
    ]


def print_json(value: Any) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False))
