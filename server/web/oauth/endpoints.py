"""What apps call themselves: registration, tokens, revocation, metadata, userinfo.

Errors are `{"error": code, "error_description": sentence}`. The password grant is refused: passwords are typed into
our own page and nowhere else.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any
from urllib.parse import unquote_plus

from starlette.responses import Response

from server.core.errors import BadRequest, Invalid
from server.core.i18n import N_
from server.domain.signin import GrantRefusal
from server.domain.users import App
from server.services import accounts, apps, push, tokens
from server.services.tokens import Minted
from server.web.kit import forms, responses
from server.web.kit.call import Call

SENTENCES: dict[GrantRefusal, str] = {
    GrantRefusal.INVALID_CLIENT: N_(
        "Client authentication failed: the app is not known here or is blocked, or its secret is wrong."
    ),
    GrantRefusal.INVALID_GRANT: N_(
        "The authorization grant is invalid, expired, revoked, or does not match the request."
    ),
    GrantRefusal.INVALID_SCOPE: N_("The requested scope is invalid, unknown, or malformed."),
    GrantRefusal.UNAUTHORIZED_CLIENT: N_("You are not authorized to revoke this token."),
}


async def register(call: Call) -> Response:
    """Registers an app."""
    fields = await forms.body(call)
    given = fields.get("redirect_uris", fields.get("redirect_uri"))
    uris = [line for entry in forms.listed(given) for line in str(entry).splitlines()]
    app, secret = await call.write(
        apps.register,
        _text(fields, "client_name"),
        _text(fields, "website") or None,
        uris,
        " ".join(str(entry) for entry in forms.listed(fields.get("scopes"))),
    )
    return responses.json(
        {
            **_entity(call, app),
            "client_id": app.client_id,
            "client_secret": secret,
            "client_secret_expires_at": 0,
        }
    )


async def verify_app(call: Call) -> Response:
    """The app that a token belongs to."""
    assert call.principal is not None
    app = await call.read(apps.get_by_id, call.principal.app_id)
    return responses.json(_entity(call, app))


async def token(call: Call) -> Response:
    """Exchanges a code, or an app's own credentials, for a token."""
    try:
        fields = await forms.body(call)
        client_id, secret = _client(call, fields)
    except (BadRequest, Invalid) as error:
        return _refusal("invalid_request", call.translator.gettext(error.message))
    kind = _text(fields, "grant_type")
    if kind == "authorization_code":
        outcome = await call.write(
            apps.exchange,
            client_id,
            secret,
            code=_text(fields, "code"),
            redirect_uri=_text(fields, "redirect_uri"),
            verifier=_text(fields, "code_verifier") or None,
        )
    elif kind == "client_credentials":
        outcome = await call.write(apps.own_token, client_id, secret, _text(fields, "scope"))
    elif kind == "password":
        sentence = call.translator.gettext(
            "Apps may not ask for passwords here: use the authorization code flow."
        )
        return _refusal("unsupported_grant_type", sentence)
    elif kind:
        sentence = call.translator.gettext(
            "The authorization grant type is not supported by the authorization server."
        )
        return _refusal("unsupported_grant_type", sentence)
    else:
        return _refusal("invalid_request", call.translator.gettext("Missing required parameter: grant_type."))
    if isinstance(outcome, GrantRefusal):
        return _refused(call, outcome)
    return responses.json(_token(call, outcome), headers={"Pragma": "no-cache"})


async def revoke(call: Call) -> Response:
    """Takes a token back. An unknown token is no error (RFC 7009)."""
    try:
        fields = await forms.body(call)
        client_id, secret = _client(call, fields)
    except (BadRequest, Invalid) as error:
        return _refusal("invalid_request", call.translator.gettext(error.message))
    outcome = await call.write(apps.give_back, client_id, secret, _text(fields, "token"))
    if outcome is None:
        return responses.json({})
    return _refused(call, outcome)


async def metadata(call: Call) -> Response:
    """RFC 8414."""
    base = call.context.settings.base
    return responses.json(
        {
            "issuer": f"{base}/",
            "service_documentation": f"{base}/help/apps",
            "authorization_endpoint": f"{base}/oauth/authorize",
            "token_endpoint": f"{base}/oauth/token",
            "app_registration_endpoint": f"{base}/api/v1/apps",
            "revocation_endpoint": f"{base}/oauth/revoke",
            "userinfo_endpoint": f"{base}/oauth/userinfo",
            "scopes_supported": tokens.known_scopes(),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "client_credentials"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "revocation_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
        }
    )


async def userinfo(call: Call) -> Response:
    """Who signed in, in the words of OpenID Connect."""
    account = await call.read(accounts.get, call.account_id)
    base = call.context.settings.base
    return responses.json(
        {
            "iss": f"{base}/",
            "sub": account.uri,
            "name": account.display_name,
            "preferred_username": account.username,
            "profile": account.url,
        }
    )


def _entity(call: Call, app: App) -> dict[str, Any]:
    return {
        "id": str(app.id),
        "name": app.name,
        "website": app.website,
        "scopes": list(app.scopes),
        "redirect_uri": "\n".join(app.redirect_uris),
        "redirect_uris": list(app.redirect_uris),
        "vapid_key": push.public_key(call.context),
    }


def _token(call: Call, minted: Minted) -> dict[str, Any]:
    return {
        "access_token": minted.text,
        "token_type": "Bearer",
        "scope": " ".join(minted.scopes),
        "created_at": int(call.context.clock.now().timestamp()),
    }


def _client(call: Call, fields: dict[str, Any]) -> tuple[str, str]:
    """The app's id and secret, from the Authorization header or the body. Raises BadRequest on both at once."""
    kind, _, encoded = call.request.headers.get("authorization", "").partition(" ")
    in_body = _text(fields, "client_id"), _text(fields, "client_secret")
    if kind.lower() != "basic":
        return in_body
    if in_body[1]:
        raise BadRequest("The app must identify itself in one way only")
    try:
        client_id, _, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise BadRequest("The Authorization header could not be read") from None
    return unquote_plus(client_id), unquote_plus(secret)


def _refused(call: Call, outcome: GrantRefusal) -> Response:
    status = {GrantRefusal.INVALID_CLIENT: 401, GrantRefusal.UNAUTHORIZED_CLIENT: 403}.get(outcome, 400)
    response = _refusal(outcome.value, call.translator.raw(SENTENCES[outcome]), status)
    if outcome is GrantRefusal.INVALID_CLIENT:
        response.headers["WWW-Authenticate"] = 'Basic realm="Consilium"'
    return response


def _refusal(code: str, sentence: str, status: int = 400) -> Response:
    return responses.json({"error": code, "error_description": sentence}, status)


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""
