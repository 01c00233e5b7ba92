"""Routes that declare what they need, and a router that finds one without walking them all.

Every route says who may call it, with which scope, which rule decides what they see, how often, and what caches
may keep. A test calls each as nobody, as another user, with a wrong scope and as a suspended user.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

from starlette.responses import Response


class Auth(StrEnum):
    """Who may call."""

    NONE = "none"  # anybody; nothing of the caller is looked at
    SIGNATURE = "signature"  # a peer, by a verified HTTP signature
    MAYBE_TOKEN = "maybe-token"  # noqa: S105  an app with or without a user
    TOKEN = "token"  # noqa: S105  an app with a user's token
    APP = "app"  # an app, with its own token or a user's
    MAYBE_SESSION = "maybe-session"  # a page, signed in or not
    SESSION = "session"  # a page, signed in with all factors
    FRESH_SESSION = "fresh-session"  # and a second factor given a moment ago
    STAFF = "staff"  # a page, for roles named in `roles`
    METRICS = "metrics"  # the metrics token


class Sees(StrEnum):
    """Which rule decides what the answer may hold."""

    NOTHING = "nothing"  # no content of any person
    PUBLIC = "public"  # facts that the instance publishes about itself
    OWN = "own"  # rows of the caller only
    VIEWER = "viewer"  # the visibility predicate for the caller
    PEER = "peer"  # the visibility predicate for the signing instance
    BEARER = "bearer"  # whoever holds the address: signed media links, one-time links
    STAFF = "staff"  # metadata for administrators, never content


class Rate(StrEnum):
    """Which bucket counts the call."""

    FREE = "free"  # health and metrics
    API = "api"
    SINGLE = "single"  # the same calls, of each token by itself
    MEDIA = "media"
    DELETE = "delete"
    APPS = "apps"
    SIGNIN = "signin"
    PAGES = "pages"
    INBOX = "inbox"
    LANE = "lane"  # purges and receipts: in nobody's way, and nobody in theirs
    PEERS = "peers"


class Cache(StrEnum):
    """What may be kept, and by whom."""

    NEVER = "private, no-store"
    SHORT = "public, max-age=300"
    DAY = "public, max-age=86400"
    FOREVER = "public, max-age=31536000, immutable"
    OWN_DAY = "private, max-age=86400"


Handler: TypeAlias = Callable[[Any], Awaitable[Response]]
"""Takes a `server.web.kit.call.Call`, which is built from a route and so cannot be named here."""


SocketHandler: TypeAlias = Callable[[Any], Awaitable[None]]
"""Takes a `server.web.kit.sockets.SocketCall`."""


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint. path: segments, `{name}` takes one segment. roles: for Auth.STAFF. max_body: bytes.

    endless: its answer stays open; as browsers cannot set headers there, the token may come in the query. socket: the
    same place as a WebSocket.
    """

    method: str
    path: str
    handler: Handler
    auth: Auth
    sees: Sees
    rate: Rate
    cache: Cache = Cache.NEVER
    scope: str | None = None
    roles: tuple[str, ...] = ()
    max_body: int = 1024 * 1024
    cors: bool = False
    csrf: bool = False  # a form of our own pages
    endless: bool = False
    socket: SocketHandler | None = None


@dataclass(slots=True)
class _Node:
    children: dict[str, _Node] = field(default_factory=dict)
    parameter: tuple[str, _Node] | None = None
    prefixed: dict[str, tuple[str, _Node]] = field(default_factory=dict)
    routes: dict[str, Route] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """A route with the values of its parameters."""

    route: Route
    parameters: dict[str, str]


@dataclass(frozen=True, slots=True)
class WrongMethod:
    """The path exists for other methods."""

    allowed: tuple[str, ...]
    cors: bool


class Router:
    """A tree of path segments. Static segments win over `@{name}`, and that over `{name}`."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = _Node()
        self.routes = tuple(routes)
        for route in self.routes:
            self._add(route)

    def _add(self, route: Route) -> None:
        node = self._root
        for segment in _segments(route.path):
            if segment.startswith("{"):
                if node.parameter is None:
                    node.parameter = (segment[1:-1], _Node())
                assert node.parameter[0] == segment[1:-1], f"{route.path}: two names for one place"
                node = node.parameter[1]
            elif segment.startswith("@{"):
                node = node.prefixed.setdefault("@", (segment[2:-1], _Node()))[1]
            else:
                node = node.children.setdefault(segment, _Node())
        assert route.method not in node.routes, f"{route.method} {route.path} is declared twice"
        node.routes[route.method] = route

    def find(self, method: str, path: str) -> Found | WrongMethod | None:
        """The route for a request; HEAD is served by GET."""
        parameters: dict[str, str] = {}
        node = self._root
        for segment in _segments(path):
            child = node.children.get(segment)
            if child is not None:
                node = child
            elif segment.startswith("@") and "@" in node.prefixed:
                name, node = node.prefixed["@"]
                parameters[name] = segment[1:]
            elif node.parameter is not None and segment:
                parameters[node.parameter[0]] = segment
                node = node.parameter[1]
            else:
                return None
        if not node.routes:
            return None
        route = node.routes.get("GET" if method == "HEAD" else method)
        if route is None:
            return WrongMethod(tuple(sorted(node.routes)), any(route.cors for route in node.routes.values()))
        return Found(route, parameters)


def _segments(path: str) -> list[str]:
    trimmed = path[1:-1] if len(path) > 1 and path.endswith("/") else path[1:]
    return trimmed.split("/") if trimmed else []
