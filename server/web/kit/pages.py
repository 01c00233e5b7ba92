"""HTML pages: Jinja2 with autoescape, strict about undefined names, words through gettext."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.responses import Response

from server.core.i18n import install
from server.web.kit import responses
from server.web.kit.call import Call

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"


class Pages:
    """Renders the templates of the house."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=select_autoescape(default=True, default_for_string=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        install(self._environment)

    def text(self, call: Call, name: str, **values: Any) -> str:
        """The page as text. Every template knows `call`, `settings`, `session` and `language`."""
        template = self._environment.get_template(name)
        return template.render(
            call=call,
            settings=call.context.settings,
            session=call.session,
            language=call.translator.language,
            translator=call.translator,
            **values,
        )

    def page(self, call: Call, name: str, status: int = 200, **values: Any) -> Response:
        return responses.html(self.text(call, name, **values), status)
