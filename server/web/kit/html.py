"""Answers that are HTML pages, and errors of page routes as pages.

Every page carries a content security policy without inline scripts or styles. Where signing in, or a second factor,
is what is missing, the answer leads there and back.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode, urlsplit

from starlette.responses import Response

from server.core.errors import AppError, StepUpRequired, Unauthenticated
from server.core.i18n import LANGUAGES
from server.web.kit import csrf, errors, offline, responses
from server.web.kit.call import Call

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
# browsers apply form-action to the redirects that follow a form as well: where a form may end at an app's own
# address, it must be absent, or the app never gets its code
STAYING = POLICY + "; form-action 'self'"


def page(
    call: Call,
    template: str,
    status: int = 200,
    /,
    *,
    leaves: bool = False,
    of_group: bool = False,
    **values: Any,
) -> Response:
    """The page of a template, which knows what is given here beside `values`.

    leaves: a form on this page may end at another address than ours, such as an app's. of_group: it shows a member what is
    said in a group, so that their browser keeps it for a while, where the institution allows it.
    """
    cookies: dict[str, str] = {}
    reader = call.session.reader if call.session is not None else ""
    kept = of_group and status == 200 and bool(reader)
    text = call.house.pages.text(
        template,
        {
            "call": call,
            "settings": call.context.settings,
            "evaluation": call.house.evaluation.on,
            "session": call.session,
            "language": call.translator.language,
            "languages": LANGUAGES,
            "translator": call.translator,
            "now": call.context.clock.now(),
            "form_token": csrf.token(call, cookies),
            "error": None,
            "notice": None,
            "kept": kept,
            **values,
        },
    )
    response = responses.html(text, status)
    response.headers["Content-Security-Policy"] = POLICY if leaves else STAYING
    csrf.give(response, call.context.settings, cookies)
    if reader:
        response.headers[offline.READER] = reader
    if kept:
        response.headers[offline.KEEP] = "yes"
    return response


def page_of_error(call: Call, error: AppError) -> Response:
    """The page for an error on a page route; or the way to what is missing."""
    if isinstance(error, Unauthenticated | StepUpRequired):
        if isinstance(error, StepUpRequired):
            where = "/signin/confirm"
        else:
            where = "/signin/second" if call.session is not None else "/signin"
        return responses.redirect(f"{where}?{urlencode({'next': _way_back(call)})}")
    message = errors.sentence(error, call.translator)
    response = page(call, "error.html", error.status, message=message, status_code=error.status)
    response.headers.update({k: v for k, v in errors.headers(error).items() if k != "WWW-Authenticate"})
    return response


def _way_back(call: Call) -> str:
    """The page that was wanted; for a form, the page it stood on."""
    if call.request.method in {"GET", "HEAD"}:
        url = call.request.url
        return safe_next(url.path + (f"?{url.query}" if url.query else ""))
    referer = urlsplit(call.request.headers.get("referer", ""))
    return safe_next(referer.path if referer.netloc == call.context.settings.domain else "/")


def safe_next(where: str | None) -> str:
    """A path of ours to go on to; anything else is the front page."""
    if not where or not where.startswith("/") or where.startswith("//") or "\\" in where:
        return "/"
    return where if where.isascii() and where.isprintable() and len(where) < 4000 else "/"
