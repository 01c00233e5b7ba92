"""The endpoints of OAuth."""

from __future__ import annotations

from server.web.kit.routing import Auth, Cache, Rate, Route, Sees
from server.web.oauth import authorize, endpoints

ROUTES: tuple[Route, ...] = (
    Route(
        "POST",
        "/api/v1/apps",
        endpoints.register,
        Auth.NONE,
        Sees.NOTHING,
        Rate.APPS,
        cors=True,
        max_body=64 * 1024,
    ),
    Route(
        "GET",
        "/api/v1/apps/verify_credentials",
        endpoints.verify_app,
        Auth.APP,
        Sees.OWN,
        Rate.API,
        cors=True,
    ),
    Route("GET", "/oauth/authorize", authorize.show, Auth.MAYBE_SESSION, Sees.OWN, Rate.PAGES),
    Route(
        "POST",
        "/oauth/authorize",
        authorize.decide,
        Auth.SESSION,
        Sees.OWN,
        Rate.PAGES,
        csrf=True,
        max_body=64 * 1024,
    ),
    Route("GET", "/oauth/authorize/native", authorize.native, Auth.SESSION, Sees.OWN, Rate.PAGES),
    Route(
        "POST",
        "/oauth/token",
        endpoints.token,
        Auth.NONE,
        Sees.NOTHING,
        Rate.API,
        cors=True,
        max_body=64 * 1024,
    ),
    Route(
        "POST",
        "/oauth/revoke",
        endpoints.revoke,
        Auth.NONE,
        Sees.NOTHING,
        Rate.API,
        cors=True,
        max_body=64 * 1024,
    ),
    Route(
        "GET",
        "/oauth/userinfo",
        endpoints.userinfo,
        Auth.TOKEN,
        Sees.OWN,
        Rate.API,
        scope="profile|read:accounts",
        cors=True,
    ),
    Route(
        "GET",
        "/.well-known/oauth-authorization-server",
        endpoints.metadata,
        Auth.NONE,
        Sees.PUBLIC,
        Rate.API,
        Cache.SHORT,
        cors=True,
    ),
)
