"""The page on which a person lets an app in.

Nothing is ever sent to an address that the app did not register to the letter. Where the app and its address are
known, refusals go back to the app as RFC 6749 says; otherwise a page tells the person.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from starlette.responses import Response

from server.core.errors import BadRequest, NotFound, NotPermitted
from server.core.i18n import LANGUAGES, N_
from server.domain.users import App
from server.services import accounts, apps
from server.services.apps import CHALLENGE, OUT_OF_BAND
from server.web.kit import forms, html, responses
from server.web.kit.call import Call

CODE = re.compile(r"[A-Za-z0-9_-]{20,128}")
PARAMETERS = (
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
    "lang",
)

WORDS: dict[str, str] = {
    "read": N_("Read what you can read: your home, your messages, your notifications"),
    "write": N_("Post, reply, favourite and change your profile in your name"),
    "follow": N_("Follow, block and mute in your name"),
    "push": N_("Receive notifications on your device"),
    "profile": N_("See who you are: your name and your profile"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for authorization whose app and return address are known and belong together."""

    app: App
    redirect_uri: str
    state: str
    scopes: tuple[str, ...]
    challenge: str | None
    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class Refused:
    """A request that goes back to the app. error: a code of RFC 6749."""

    redirect_uri: str
    state: str
    error: str
    description: str


async def show(call: Call) -> Response:
    """Sign in first where needed; then the question."""
    query = call.request.query_params
    if any(len(query.getlist(name)) > 1 for name in PARAMETERS):
        raise BadRequest("The app asked in a way that is not clear: a parameter is given twice")
    fields = {name: query[name] for name in PARAMETERS if name in query}
    if fields.get("lang", "")[:2] in LANGUAGES:
        call.translator = call.house.catalogue.translator(fields["lang"][:2])
    asked = await _understand(call, fields)
    if isinstance(asked, Refused):
        return _return(call, asked)
    force = forms.truth(query.get("force_login")) is True
    if call.session is None or not call.session.complete or force:
        where = f"/oauth/authorize?{urlencode(fields)}"
        return responses.redirect(
            "/signin?" + urlencode({"next": where, **({"again": "1"} if force else {})})
        )
    account = await call.read(accounts.get, call.session.account_id)
    return html.page(
        call,
        "oauth/consent.html",
        leaves=True,
        app=asked.app,
        account=account,
        fields=asked.fields,
        wishes=_wishes(call, asked.scopes),
        destination=_destination(asked.redirect_uri),
    )


async def decide(call: Call) -> Response:
    """The person's answer."""
    given = await forms.body(call)
    fields = {name: str(given[name]) for name in PARAMETERS if isinstance(given.get(name), str)}
    asked = await _understand(call, fields)
    if isinstance(asked, Refused):
        return _return(call, asked)
    if given.get("decision") != "allow":
        return _return(
            call,
            Refused(
                asked.redirect_uri,
                asked.state,
                "access_denied",
                N_("The resource owner or authorization server denied the request."),
            ),
        )
    assert call.session is not None
    code = await call.write(
        apps.grant,
        asked.app,
        user_id=call.session.user_id,
        account_id=call.session.account_id,
        redirect_uri=asked.redirect_uri,
        scopes=asked.scopes,
        challenge=asked.challenge,
    )
    if asked.redirect_uri == OUT_OF_BAND:
        return responses.redirect(f"/oauth/authorize/native?{urlencode({'code': code})}")
    return responses.redirect(_with(asked.redirect_uri, {"code": code, "state": asked.state}), 302)


async def native(call: Call) -> Response:
    """Shows the code for the person to copy."""
    code = call.request.query_params.get("code", "")
    if not CODE.fullmatch(code):
        raise NotFound
    return html.page(call, "oauth/native.html", leaves=True, code=code)


async def _understand(call: Call, fields: dict[str, str]) -> Asked | Refused:
    """Raises BadRequest where nothing may be sent back to the app, NotPermitted where it is blocked."""
    app = await call.read(apps.find, fields.get("client_id", ""))
    if app is None:
        raise BadRequest("This app is not known here. Remove the account in the app, and add it again.")
    if app.blocked_at is not None:
        raise NotPermitted(
            "The administrators of this instance have blocked the app %(name)s: nobody can sign in with it. Your account is not "
            "touched, and other apps work as before.",
            name=app.name,
        )
    uri = fields.get("redirect_uri", "")
    if uri not in app.redirect_uris:
        raise BadRequest(
            "The app asked to return to an address that it did not register. Nothing was sent there."
        )
    state = fields.get("state", "")
    if fields.get("response_type") != "code":
        missing = "response_type" not in fields
        error = "invalid_request" if missing else "unsupported_response_type"
        return Refused(
            uri, state, error, N_("The authorization server supports the response type code only.")
        )
    scopes = apps.narrowed(app, fields.get("scope", ""))
    if scopes is None:
        return Refused(
            uri, state, "invalid_scope", N_("The requested scope is invalid, unknown, or malformed.")
        )
    challenge = fields.get("code_challenge") or None
    method = fields.get("code_challenge_method")
    if (challenge is None and method) or (
        challenge is not None and (method != "S256" or not CHALLENGE.fullmatch(challenge))
    ):
        return Refused(uri, state, "invalid_request", N_("The code challenge method must be S256."))
    return Asked(app, uri, state, scopes, challenge, fields)


def _return(call: Call, refused: Refused) -> Response:
    """Back to the app with an error; an out-of-band app has no address, so the person reads it."""
    description = call.translator.raw(refused.description)
    if refused.redirect_uri == OUT_OF_BAND:
        denied = refused.error == "access_denied"
        message = call.translator.gettext("You did not let the app in. You can close this page.")
        return html.page(
            call,
            "error.html",
            200 if denied else 400,
            leaves=True,
            message=message if denied else description,
            status_code=200 if denied else 400,
        )
    values = {"error": refused.error, "error_description": description, "state": refused.state}
    return responses.redirect(_with(refused.redirect_uri, values), 302)


def _with(uri: str, values: Mapping[str, str]) -> str:
    """Adds parameters to an address, also of schemes that know no host."""
    added = urlencode({name: value for name, value in values.items() if value})
    return f"{uri}{'&' if '?' in uri else '?'}{added}"


def _wishes(call: Call, scopes: tuple[str, ...]) -> list[tuple[str, str]]:
    """Each scope with the words that explain it; narrower ones with those of their family."""
    return [(scope, call.translator.raw(WORDS[scope.partition(":")[0]])) for scope in scopes]


def _destination(uri: str) -> str:
    """Where the answer goes, as a person can judge it."""
    parts = urlsplit(uri)
    return parts.netloc if parts.scheme in {"http", "https"} else ""
