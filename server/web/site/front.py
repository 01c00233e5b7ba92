"""The front page, the page after joining, how to add an app, the terms; and the files that pages are made with."""

from __future__ import annotations

import mimetypes
from pathlib import Path

from starlette.responses import Response

from server.core.errors import NotFound
from server.services import accounts, second_factors
from server.web.kit import html, responses
from server.web.kit.call import Call
from server.web.site.security import qr, signed

STATIC = Path(__file__).resolve().parents[2] / "static"
FILES: dict[str, bytes] = {path.name: path.read_bytes() for path in STATIC.iterdir() if path.is_file()}


async def front(call: Call) -> Response:
    """What the instance is, and the way in; members go on to what they read."""
    if call.session is None or not call.session.complete:
        return html.page(call, "site/front.html")
    return responses.redirect("/home")


async def welcome(call: Call) -> Response:
    """What is left to do after joining."""
    session = signed(call)
    account = await call.read(accounts.get, session.account_id)
    factors = await call.read(second_factors.of_user, session.user_id)
    return html.page(call, "site/welcome.html", account=account, protected=bool(factors))


async def apps(call: Call) -> Response:
    """How to add the app: the server's name, to type or to scan."""
    domain = call.context.settings.domain
    return html.page(call, "site/apps.html", picture=qr(domain))


async def terms(call: Call) -> Response:
    return html.page(call, "site/terms.html")


async def static(call: Call) -> Response:
    """A file of our own, read at start; nothing else of the disk can be named here."""
    name = call.parameters["name"]
    body = FILES.get(name)
    if body is None:
        raise NotFound
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return responses.raw(body, media_type=f"{kind}; charset=utf-8" if kind.startswith("text/") else kind)
