"""`consilium settings`: what the instance is set to and where that comes from, without a secret."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from server.cli import said
from server.core.configuration import Configured, configured
from server.core.settings import load_settings

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command("settings")
def settings_(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print every setting: its value, where it is set, its default and what it is for. Of secrets only whether they are set."""
    settings = load_settings()
    found, words = configured(settings, os.environ), said.translator(settings)
    if as_json:
        said.print_json(
            [
                {
                    "name": one.variable,
                    "group": words.raw(one.group),
                    "value": one.value,
                    "set": one.is_set,
                    "source": one.source.value,
                    "default": one.default,
                    "purpose": words.raw(one.purpose),
                }
                for one in found
            ]
        )
        return
    for one in found:
        print(f"{one.variable}={_value(one)}  ({one.source.value})\n    {words.raw(one.purpose)}")


def _value(one: Configured) -> str:
    if one.value is not None:
        return one.value
    return "(set, not shown)" if one.is_set else ""
