"""All routes of the house in one table."""

from __future__ import annotations

from server.web.activitypub.routes import ROUTES as ACTIVITYPUB
from server.web.admin.routes import ROUTES as ADMIN
from server.web.kit.entrance import load_session as session_loader
from server.web.kit.html import page_of_error
from server.web.kit.routing import Route, Router
from server.web.mastodon.routes import ROUTES as MASTODON
from server.web.media.routes import ROUTES as MEDIA
from server.web.oauth.routes import ROUTES as OAUTH
from server.web.ops.routes import ROUTES as OPS
from server.web.signin.routes import ROUTES as SIGNIN
from server.web.site.routes import ROUTES as SITE

__all__ = ["ROUTES", "page_of_error", "router", "session_loader"]

ROUTES: tuple[Route, ...] = (*OPS, *ACTIVITYPUB, *MASTODON, *MEDIA, *OAUTH, *SIGNIN, *SITE, *ADMIN)


def router() -> Router:
    """Raises AssertionError where two surfaces claim one place."""
    return Router(ROUTES)
