"""The first page of the staff: how the instance is doing in five lines, and what crosses each boundary."""

from __future__ import annotations

from starlette.responses import Response

from server.domain.figures import Crossed
from server.domain.remarks import Level, Remark
from server.services import crossings, status
from server.services.storage import Space
from server.web.admin import plots
from server.web.kit import html
from server.web.kit.call import Call
from server.web.kit.unit import Unit

DAYS = 30
MOST_PLOTS = 12
PAGES = {
    "partners": "/admin/partners",
    "queues": "/admin/review",
    "purges": "/admin/purges",
    "endings": "/admin/verifications",
}
"""Where the work of a line is done, for who may go there."""
SHAPES = {Level.OK: "●", Level.WARN: "▲", Level.FAIL: "■"}


async def show(call: Call) -> Response:
    settings = call.context.settings
    space = Space.of(settings.data_dir, None if settings.database_url else settings.sqlite_file)
    peer = call.request.query_params.get("peer", "")[:255]
    remarks, (counted, others) = await call.read(_read, space, peer)
    drawn = plots.by_peer(counted, call.context.clock.now().date(), DAYS)
    words = call.translator
    return html.page(
        call,
        "admin/overview.html",
        lines=[
            {
                "topic": one.topic,
                "level": one.level.value,
                "shape": SHAPES[one.level],
                "sentence": words.gettext(one.message, **one.values),
                "action": words.gettext(one.action, **one.values) if one.action else "",
                "page": PAGES.get(one.topic, "") if one.action else "",
            }
            for one in remarks
        ],
        plots=drawn,
        others=others,
        classes=plots.CLASSES,
        days=DAYS,
        width=plots.WIDTH,
        height=plots.HEIGHT,
    )


def _read(unit: Unit, space: Space, peer: str) -> tuple[list[Remark], tuple[list[Crossed], list[str]]]:
    return status.report(unit, space), crossings.lately(unit, DAYS, MOST_PLOTS, peer)
