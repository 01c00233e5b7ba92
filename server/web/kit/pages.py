"""The templates of our HTML pages: Jinja2 with autoescape, strict about undefined names, words through gettext."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from server.core.i18n import install

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"


class Pages:
    """Renders the templates of the house. `kit.html` gives them what every page needs."""

    def __init__(self) -> None:
        self._environment = _environment()

    def text(self, template: str, values: dict[str, Any]) -> str:
        """The page as text. values must hold the `translator`."""
        return self._environment.get_template(template).render(values)


@cache
def _environment() -> Environment:
    """One for the process: a template is compiled once."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    install(environment)
    return environment
