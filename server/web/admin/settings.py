"""What the instance is set to, for whoever runs it. Nothing is changed here: settings are read once, when the program starts."""

from __future__ import annotations

import os
from datetime import datetime
from itertools import groupby

from markupsafe import Markup, escape
from starlette.responses import Response

from server.core.configuration import FILE, Configured, Source, configured
from server.core.i18n import N_
from server.services import evaluation
from server.web.kit import html
from server.web.kit.call import Call

SOURCES: dict[Source, str] = {
    Source.ENVIRONMENT: N_("set in the environment"),
    Source.FILE: N_("set in the file"),
    Source.START: N_("set when the program was started"),
    Source.DEFAULT: N_("not set: this is the default"),
}


async def index(call: Call) -> Response:
    lines = configured(call.context.settings, os.environ)
    since: datetime | None = await call.read(evaluation.left)
    raw = call.translator.raw
    return html.page(
        call,
        "admin/settings.html",
        groups=[
            (raw(group), [(one, _with_code(raw(one.purpose)), raw(SOURCES[one.source])) for one in found])
            for group, found in groupby(lines, _group)
        ],
        file=os.environ.get(FILE, ""),
        live_since=since,
    )


def _group(one: Configured) -> str:
    return one.group


def _with_code(text: str) -> Markup:
    """A sentence whose words between backticks are written by a machine's letters."""
    parts = [escape(part) for part in text.split("`")]
    marked = [
        Markup("<code>{}</code>").format(part) if index % 2 else part for index, part in enumerate(parts)
    ]
    return Markup("").join(marked)
