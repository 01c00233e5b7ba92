"""Which members here were shown a post of a members-only group, and when: with names, for the auditor. Each question is recorded.

Nothing of the post is shown; whoever asks brings its address. An answer is a form's alone, so that no link makes anybody ask.
"""

from __future__ import annotations

from starlette.responses import Response

from server.core.errors import AppError, Invalid
from server.core.i18n import N_
from server.domain.reads import Depth, Reader
from server.services import reads
from server.web.kit import errors, forms, html
from server.web.kit.call import Call

LONGEST = 500
DEPTHS: dict[Depth, str] = {
    Depth.LISTED: N_("in a list"),
    Depth.OPENED: N_("opened"),
    Depth.IMAGE: N_("opened, with a whole picture"),
}


async def show(call: Call) -> Response:
    """Asks for the address of a post."""
    return _page(call, "", None)


async def ask(call: Call) -> Response:
    """Answers, and writes down who asked."""
    said = (await forms.body(call)).get("post", "")
    uri = said.strip()[:LONGEST].replace("\0", "") if isinstance(said, str) else ""
    try:
        if not uri:
            raise Invalid("Please give the address of the post")
        actor = f"user:{call.session.user_id if call.session else 0}"
        await call.house.reads.write()
        found = await call.write(reads.of_object, actor, uri)
    except AppError as error:
        return _page(call, uri, None, error)
    return _page(call, uri, found)


def _page(call: Call, uri: str, found: list[Reader] | None, problem: AppError | None = None) -> Response:
    raw = call.translator.raw
    return html.page(
        call,
        "admin/access.html",
        problem.status if problem else 200,
        post=uri,
        asked=found is not None,
        found=[(one, raw(DEPTHS[one.read.depth])) for one in found or ()],
        error=errors.sentence(problem, call.translator) if problem else None,
    )
