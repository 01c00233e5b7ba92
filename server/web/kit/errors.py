"""The one mapping from errors to answers. Texts are boring; nothing of the request is repeated in them."""

from __future__ import annotations

from starlette.responses import Response

from server.core.errors import AppError, Overloaded, RateLimited, Unauthenticated
from server.core.i18n import Translator
from server.web.kit import responses


def sentence(error: AppError, translator: Translator) -> str:
    """The error in the reader's language."""
    text = translator.gettext(error.message)
    return text % error.values if error.values else text


def headers(error: AppError) -> dict[str, str]:
    if isinstance(error, RateLimited):
        return {"Retry-After": str(error.retry_after), **error.allowance}
    if isinstance(error, Overloaded):
        return {"Retry-After": str(error.retry_after)}
    if isinstance(error, Unauthenticated):
        return {"WWW-Authenticate": 'Bearer realm="Consilium", error="invalid_token"'}
    return {}


def as_json(error: AppError, translator: Translator) -> Response:
    """`{"error": sentence}`, as every client expects."""
    return responses.json({"error": sentence(error, translator)}, error.status, headers(error))
