"""Forms of our own pages are taken from our own pages only.

Every form carries a value derived from the visitor's cookie with a key of this instance; a visitor without a
session gets a cookie of their own for it. Browsers that say that a request comes from another site are refused
before that. It refuses with a sentence that says to load the page again.
"""

from __future__ import annotations

import hashlib
import hmac

from starlette.responses import Response

from server.core.errors import NotPermitted
from server.core.i18n import N_
from server.core.ids import Ids
from server.core.secrets import Sealer
from server.core.settings import Settings
from server.web.kit import forms
from server.web.kit.call import Call

FIELD = "form_token"
STALE = N_("This form was open too long, or came from elsewhere. Please load the page again.")


def of_cookie(sealer: Sealer, text: str) -> str:
    """The value that forms carry for a visitor with this cookie."""
    return hashlib.blake2b(text.encode(), key=sealer.derive("csrf"), digest_size=24).hexdigest()


def token(call: Call, response_cookies: dict[str, str]) -> str:
    """The value for the forms of a page. A cookie that must be set for it is added to response_cookies."""
    if call.session is not None:
        return call.session.csrf
    settings = call.context.settings
    text = call.request.cookies.get(_visitor(settings)) or ""
    if not 20 < len(text) < 200:
        text = response_cookies[_visitor(settings)] = Ids.token()
    return of_cookie(call.context.sealer, text)


def give(response: Response, settings: Settings, cookies: dict[str, str]) -> None:
    for name, text in cookies.items():
        response.set_cookie(
            name, text, path="/", secure=settings.scheme == "https", httponly=True, samesite="lax"
        )


async def check(call: Call) -> None:
    """Raises NotPermitted unless the form came from a page of ours that this visitor was shown."""
    headers, settings = call.request.headers, call.context.settings
    if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise NotPermitted(STALE)
    # `null` is what a browser says after a redirect, or from a page with no referrer: the token decides
    if headers.get("origin", "null") not in {settings.base, "null"}:
        raise NotPermitted(STALE)
    given = (await forms.body(call)).get(FIELD)
    if not isinstance(given, str):
        raise NotPermitted(STALE)
    visitor = call.request.cookies.get(_visitor(settings))
    right = call.session.csrf if call.session is not None else of_cookie(call.context.sealer, visitor or "")
    if (call.session is None and not visitor) or not hmac.compare_digest(given.encode(), right.encode()):
        raise NotPermitted(STALE)


def _visitor(settings: Settings) -> str:
    return "__Host-consilium-form" if settings.scheme == "https" else "consilium-form"
