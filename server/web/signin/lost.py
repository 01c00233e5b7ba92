"""A lost password: by mail where the instance sends mail, by an administrator's one-time link where not.

The answer is the same whether an address is known here or not.
"""

from __future__ import annotations

from starlette.responses import Response

from server.core.errors import AppError
from server.services import lost_passwords
from server.web.kit import errors, forms, html
from server.web.kit.call import Call
from server.web.signin.password import text


async def show(call: Call) -> Response:
    return _page(call, asked=False, problem=None)


async def ask(call: Call) -> Response:
    """Queues a mail with a one-time link, if there is such a person."""
    fields = await forms.body(call)
    if not call.context.settings.smtp_url:
        return _page(call, asked=False, problem=None)
    try:
        await call.write(lost_passwords.ask, text(fields, "email"))
    except AppError as error:
        return _page(call, asked=False, problem=error)
    return _page(call, asked=True, problem=None)


def _page(call: Call, *, asked: bool, problem: AppError | None) -> Response:
    return html.page(
        call,
        "signin/lost.html",
        problem.status if problem else 200,
        asked=asked,
        mails=bool(call.context.settings.smtp_url),
        error=errors.sentence(problem, call.translator) if problem else None,
    )
