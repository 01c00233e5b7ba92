"""Proves the caller of a page: the session behind the cookie, its factors, the role, and the form's origin."""

from __future__ import annotations

from server.core.errors import NotPermitted, StepUpRequired, Unauthenticated
from server.core.i18n import N_
from server.domain.signin import Stage, WebSession
from server.services import sessions
from server.web.kit import csrf, offline
from server.web.kit.call import Call
from server.web.kit.routing import Auth
from server.web.kit.sessions import Session, cookie_of

SIGN_IN_FIRST = N_("Please sign in first")


async def load_session(call: Call) -> None:
    """Sets `call.session`, and refuses what the route does not allow.

    Raises Unauthenticated, NotPermitted, StepUpRequired.
    """
    context = call.context
    text = cookie_of(call.request, context.settings)
    found = await call.read(sessions.believe, text) if text else None
    if found is not None and text is not None:
        reader = await offline.reader(call, found)
        call.session = _session(found, csrf.of_cookie(context.sealer, text), reader)
        if context.clock.now() - found.last_seen_at >= sessions.TOUCH_EVERY:
            await call.write(sessions.touched, found)
    if call.route.auth is not Auth.MAYBE_SESSION:
        _demand(call)
    if call.route.csrf:
        await csrf.check(call)


def _demand(call: Call) -> None:
    session, route = call.session, call.route
    if session is None or not session.complete:
        raise Unauthenticated(SIGN_IN_FIRST)
    if route.auth is Auth.STAFF and session.role.value not in route.roles:
        raise NotPermitted("This page is for the staff of this instance")
    if route.auth is Auth.FRESH_SESSION:
        demand_fresh(call)


def demand_fresh(call: Call) -> None:
    """Raises StepUpRequired unless a second factor was given a moment ago."""
    given = call.session.factor_at if call.session is not None else None
    if given is None or call.context.clock.now() - given > sessions.FRESH:
        raise StepUpRequired


def _session(found: WebSession, form_token: str, reader: str) -> Session:
    return Session(
        id=found.id,
        user_id=found.user_id,
        account_id=found.account_id,
        role=found.role,
        language=found.language,
        timezone=found.timezone,
        complete=found.stage is Stage.FULL,
        factor_at=found.factor_at,
        created_at=found.created_at,
        csrf=form_token,
        data=found.data,
        reader=reader,
    )
