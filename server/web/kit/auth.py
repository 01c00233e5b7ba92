"""Bearer tokens of apps.

A token that was believed is remembered until the change feed says that anything it depends on changed, and for a minute
at most.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.requests import HTTPConnection

from server.core.clock import Clock
from server.core.errors import AppError, NotPermitted, Unauthenticated
from server.core.secrets import hash_token
from server.domain.changes import Change, ChangeKind
from server.domain.users import Principal
from server.services import tokens
from server.web.kit.routing import Auth, Route
from server.web.kit.unit import Units

REMEMBERED = 10_000
FOR = timedelta(minutes=1)


_DEPENDED_ON = frozenset(
    {ChangeKind.TOKEN, ChangeKind.APP, ChangeKind.USER, ChangeKind.ACCOUNT, ChangeKind.EVERYTHING}
)


@dataclass(frozen=True, slots=True)
class _Entry:
    principal: Principal
    until: datetime
    touched_at: datetime


class Principals:
    """Who a token stands for."""

    def __init__(self, units: Units, clock: Clock) -> None:
        self._units = units
        self._clock = clock
        self._known: dict[str, _Entry] = {}
        self._generation = 0

    async def believe(self, token: str) -> Principal | None:
        """The principal of a live token, or None."""
        now = self._clock.now()
        key = hash_token(token)
        entry = self._known.get(key)
        if entry is not None and entry.until > now:
            return entry.principal
        generation = self._generation
        principal = await self._units.read(tokens.believe, token)
        if principal is None:
            self._known.pop(key, None)
            return None
        touched_at = entry.touched_at if entry else now - tokens.TOUCH_EVERY
        if now - touched_at >= tokens.TOUCH_EVERY:
            await self._units.write(tokens.touched, principal.token_id)
            touched_at = now
        if generation != self._generation:
            return principal  # a change came while we read: what was read answers this call, and is not remembered
        if len(self._known) >= REMEMBERED:
            self._known.pop(next(iter(self._known)))
        self._known[key] = _Entry(principal, now + FOR, touched_at)
        return principal

    async def refusal(self, token: str) -> AppError:
        """Why a token is not believed, as far as its holder may know."""
        blocked = await self._units.read(tokens.blocked_app, token)
        return Unauthenticated() if blocked is None else NotPermitted(tokens.BLOCKED, name=blocked)

    def heard(self, changes: Iterable[Change]) -> None:
        """Forgets what a change makes doubtful. Callable from any thread."""
        for change in changes:
            if change.kind in _DEPENDED_ON:
                self._generation += 1
            if change.kind is ChangeKind.EVERYTHING:
                self._known.clear()
                continue
            for key, entry in list(self._known.items()):
                if concerns(change, entry.principal):
                    self._known.pop(key, None)


def concerns(change: Change, principal: Principal) -> bool:
    """Whether what a token stands for depends on what changed."""
    about = {
        ChangeKind.TOKEN: principal.token_id,
        ChangeKind.APP: principal.app_id,
        ChangeKind.USER: principal.user_id,
        ChangeKind.ACCOUNT: principal.account_id,
    }.get(change.kind)
    return about is not None and str(about) == change.key


def bearer(request: HTTPConnection) -> str | None:
    """The token of the Authorization header; None when there is none."""
    header = request.headers.get("authorization", "")
    kind, _, token = header.partition(" ")
    return token.strip() if kind.lower() == "bearer" and token.strip() else None


def token_of(request: HTTPConnection, route: Route) -> str | None:
    """Where a browser can set no header, the query or the list of subprotocols brings the token."""
    token = bearer(request)
    if token is None and route.endless:
        token = request.query_params.get("access_token") or None
        if token is None and request.scope["type"] == "websocket":
            token = next(iter(request.scope.get("subprotocols", ())), None)
    return token


async def authenticate(principals: Principals, request: HTTPConnection, route: Route) -> Principal | None:
    """The principal that a token route demands. Raises Unauthenticated, NotPermitted."""
    token = token_of(request, route)
    if token is None:
        if route.auth is Auth.MAYBE_TOKEN:
            return None
        raise Unauthenticated
    principal = await principals.believe(token)
    if principal is None:
        raise await principals.refusal(token)
    if route.auth is Auth.TOKEN and principal.account_id is None:
        raise Unauthenticated("This method requires an authenticated user")
    if route.scope is not None and not any(principal.allows(scope) for scope in route.scope.split("|")):
        raise NotPermitted("This action is outside the authorized scopes")
    return principal
