"""The ASGI application: finds the route, counts the call, proves the caller, runs the handler, maps errors.

Nothing raised inside reaches the server: what is not an error of ours is a 500 with a request id and no detail.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from functools import lru_cache

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from server.core.errors import AppError, BadRequest, NotFound, StorageFull, TooBig, Unauthenticated
from server.core.i18n import N_, Translator, negotiate
from server.core.log import logger
from server.core.metrics import Metrics
from server.web.kit import auth, errors, responses, sockets
from server.web.kit.addresses import ClientAddress
from server.web.kit.call import Call
from server.web.kit.house import House
from server.web.kit.routing import Auth, Cache, Found, Rate, Route, Router, WrongMethod
from server.web.kit.sockets import SocketCall

log = logger("web")

TRANSLATORS = 512
INTERNAL_ERROR = 1011
TOKEN_ROUTES = frozenset({Auth.TOKEN, Auth.MAYBE_TOKEN, Auth.APP})
PAGE_ROUTES = frozenset({Auth.SESSION, Auth.MAYBE_SESSION, Auth.FRESH_SESSION, Auth.STAFF})

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), browsing-topics=()",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
STRICT_TRANSPORT = {"Strict-Transport-Security": "max-age=63072000; includeSubDomains"}
CORS_EXPOSED = "Link, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-Id"

SessionLoader = Callable[[Call], Awaitable[None]]
PageOfError = Callable[[Call, AppError], Response]


class Dispatch:
    """load_session: proves the caller of a page route (raises, or sets call.session). page_of_error: for pages."""

    def __init__(
        self,
        house: House,
        router: Router,
        metrics: Metrics,
        load_session: SessionLoader,
        page_of_error: PageOfError,
    ) -> None:
        self._house = house
        self._router = router
        self._metrics = metrics
        self._load_session = load_session
        self._page_of_error = page_of_error
        self._addresses = ClientAddress(house.context.settings.trusted_proxies)
        self._translators = lru_cache(TRANSLATORS)(self._choose)
        always = SECURITY_HEADERS | (STRICT_TRANSPORT if house.context.settings.scheme == "https" else {})
        self._always = [(name.lower().encode(), value.encode()) for name, value in always.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._socket(WebSocket(scope, receive, send))
            return
        request = Request(scope, receive)
        response = await self._answer(request)
        if request.method == "HEAD":
            response = Response(b"", response.status_code, dict(response.headers))
        try:
            await response(scope, receive, send)
        except (ClientDisconnect, ConnectionError):
            log.debug("web.client_left")

    async def _answer(self, request: Request) -> Response:
        found = self._router.find(request.method, request.scope["path"])
        request_id = secrets.token_hex(8)
        if not isinstance(found, Found):
            response, cors = self._unrouted(request, found)
            self._finish(response, None, request_id, cors=cors)
            return response
        address = self._addresses.of(request)
        request.scope["client_address"] = address
        call = Call(request, found.route, found.parameters, self._house, self._translator(request, None))
        try:
            response = await self._run(call, address)
        except AppError as error:
            response = self._error(call, error)
        except HTTPException as error:
            response = self._error(call, _from_starlette(error))
        except ClientDisconnect:
            response = Response(b"", 499)
        except Exception as error:
            log.error(
                "web.failed",
                route=found.route.path,
                error=type(error).__name__,
                request_id=request_id,
                exc_info=True,
            )
            response = self._error(call, _Unexpected())
        finally:
            await request.close()  # uploaded files
        if call.answer_headers:
            response.headers.update(call.answer_headers)
        self._metrics.answered(found.route.method, found.route.path, response.status_code)
        self._finish(response, found.route, request_id, cors=found.route.cors)
        return response

    async def _run(self, call: Call, address: str) -> Response:
        route = call.route
        if route.auth in TOKEN_ROUTES:
            call.principal = await auth.authenticate(self._house.principals, call.request, route)
            if call.principal is not None:
                call.translator = self._translator(call.request, call.principal.language)
        if route.rate is not Rate.FREE:
            limiter, who = self._house.limiter, call.principal
            told = (
                limiter.count_principal(route.rate, who)
                if who
                else limiter.count(route.rate, f"address:{address}")
            )
            call.answer_headers.update(told)
        length = call.request.headers.get("content-length", "")
        if length.isdigit() and int(length) > route.max_body:
            raise TooBig("The request is larger than %(limit)s bytes", limit=route.max_body)
        if route.method != "GET":
            _bound(call.request, route.max_body)
        if route.auth in PAGE_ROUTES:
            await self._load_session(call)
            if call.session is not None:
                call.translator = self._translator(call.request, call.session.language, call.session.timezone)
        return await route.handler(call)

    async def _socket(self, socket: WebSocket) -> None:
        await socket.receive()  # websocket.connect
        translator = self._translator(socket, None)
        try:
            call = await self._socket_call(socket, translator)
            await call.serve()
        except AppError as error:  # handlers raise only before they take the connection over
            await sockets.refuse(socket, error, translator)
        except (WebSocketDisconnect, ConnectionError):
            log.debug("web.client_left")
        except Exception as error:
            log.error("web.failed", route="websocket", error=type(error).__name__, exc_info=True)
            await socket.close(INTERNAL_ERROR)

    async def _socket_call(self, socket: WebSocket, translator: Translator) -> SocketCall:
        """Raises AppError for what is not there, and who may not."""
        found = self._router.find("GET", socket.scope["path"])
        route = found.route if isinstance(found, Found) else None
        handler = None if route is None else route.socket
        if route is None or handler is None:
            raise NotFound
        principal = await auth.authenticate(self._house.principals, socket, route)
        token = auth.token_of(socket, route)
        if principal is None or token is None:
            raise Unauthenticated
        self._house.limiter.count_principal(route.rate, principal)
        return SocketCall(socket, handler, self._house, translator, principal, token)

    def _unrouted(self, request: Request, found: WrongMethod | None) -> tuple[Response, bool]:
        api = request.scope["path"].startswith(("/api/", "/oauth/"))
        if isinstance(found, WrongMethod):
            if request.method == "OPTIONS" and found.cors:
                return _preflight(request, found), True
            return responses.json(
                {"error": "Method not allowed"}, 405, {"Allow": ", ".join(found.allowed)}
            ), found.cors
        translator = self._translator(request, None)
        return errors.as_json(NotFound(), translator), api

    def _error(self, call: Call, error: AppError) -> Response:
        if isinstance(error, StorageFull):
            log.error("storage.full")
        if call.route.auth in PAGE_ROUTES:
            return self._page_of_error(call, error)
        return errors.as_json(error, call.translator)

    def _translator(self, request: HTTPConnection, chosen: str | None, zone: str | None = None) -> Translator:
        # the same few combinations come all day
        return self._translators(request.headers.get("accept-language", ""), chosen or "", zone or "")

    def _choose(self, accept_language: str, chosen: str, zone: str) -> Translator:
        language = negotiate(accept_language, chosen, self._house.context.settings.language)
        return self._house.catalogue.translator(language, zone)

    def _finish(self, response: Response, route: Route | None, request_id: str, *, cors: bool) -> None:
        """The headers of every answer. What a handler has set stays; Vary is added to."""
        headers = (
            response.raw_headers
        )  # one pass over them: an answer from memory costs little more than its headers
        held = {name for name, _ in headers}
        headers.append((b"x-request-id", request_id.encode()))
        headers.extend(header for header in self._always if header[0] not in held)
        cache = "private, no-store" if route is None or response.status_code >= 400 else route.cache.value
        if b"cache-control" not in held:
            headers.append((b"cache-control", cache.encode()))
        vary = []
        if route is not None and route.auth is not Auth.NONE:
            vary.append("Authorization, Cookie, Signature, Accept")
        if cache == Cache.SHORT:  # kept for everybody, though it may hold words
            vary.append("Accept-Language")
        if vary:
            response.headers["Vary"] = ", ".join([*response.headers.getlist("vary"), *vary])
        if cors:  # whoever asks: a cache may keep the answer for another origin
            response.headers["Access-Control-Allow-Origin"] = "*"
            response.headers["Access-Control-Expose-Headers"] = CORS_EXPOSED


class _Unexpected(AppError):
    """What a person sees of a defect of ours."""

    status = 500

    def __init__(self) -> None:
        super().__init__(N_("Something went wrong on our side; nothing was stored"))


def _from_starlette(error: HTTPException) -> AppError:
    if error.status_code == 413:
        return TooBig("The request is too large")
    return BadRequest("The request could not be read")


def _preflight(request: Request, found: WrongMethod) -> Response:
    # `*` does not cover Authorization: what was asked for is named
    asked = request.headers.get("access-control-request-headers", "")
    safe = (
        asked
        if all(part.strip().replace("-", "").isalnum() for part in asked.split(",") if part.strip())
        else ""
    )
    return Response(
        b"",
        204,
        {
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Allow-Methods": ", ".join((*found.allowed, "OPTIONS")),
            "Access-Control-Allow-Headers": safe,
            "Access-Control-Max-Age": "7200",
        },
    )


def _bound(request: Request, limit: int) -> None:
    """Stops reading a body that is larger than its route takes, whatever its headers said."""
    receive = request.receive
    taken = 0

    async def bounded() -> Message:
        nonlocal taken
        message = await receive()
        if message["type"] == "http.request":
            taken += len(message.get("body", b""))
            if taken > limit:
                raise TooBig("The request is larger than %(limit)s bytes", limit=limit)
        return message

    request._receive = bounded  # noqa: SLF001  Starlette offers no other place to bound a body of unknown length
