"""Our own pages for people."""

from __future__ import annotations

from server.web.kit.routing import Auth, Cache, Handler, Rate, Route, Sees
from server.web.site import devices, front, people, profile, security

SMALL = 64 * 1024


def _page(path: str, handler: Handler, auth: Auth = Auth.SESSION, sees: Sees = Sees.OWN) -> Route:
    return Route("GET", path, handler, auth, sees, Rate.PAGES)


def _form(path: str, handler: Handler, auth: Auth = Auth.SESSION) -> Route:
    return Route("POST", path, handler, auth, Sees.OWN, Rate.PAGES, csrf=True, max_body=SMALL)


ROUTES: tuple[Route, ...] = (
    Route("GET", "/static/{name}", front.static, Auth.NONE, Sees.NOTHING, Rate.PAGES, Cache.DAY, cors=True),
    _page("/", front.front, Auth.MAYBE_SESSION),
    _page("/help/apps", front.apps, Auth.MAYBE_SESSION, Sees.NOTHING),
    _page("/terms", front.terms, Auth.MAYBE_SESSION, Sees.NOTHING),
    _page("/welcome", front.welcome),
    _page("/settings/profile", profile.show),
    _form("/settings/profile", profile.change),
    _page("/settings/security", security.show, Auth.FRESH_SESSION),
    _form("/settings/security/password", security.change_password, Auth.FRESH_SESSION),
    _form("/settings/security/authenticator", security.start_totp, Auth.FRESH_SESSION),
    _page("/settings/security/authenticator", security.show_totp, Auth.FRESH_SESSION),
    _form("/settings/security/authenticator/confirm", security.confirm_totp, Auth.FRESH_SESSION),
    _form("/settings/security/passkeys", security.add_passkey, Auth.FRESH_SESSION),
    _form("/settings/security/factors/{factor}/remove", security.remove_factor, Auth.FRESH_SESSION),
    _form("/settings/security/codes", security.make_codes, Auth.FRESH_SESSION),
    _page("/settings/sessions", devices.show),
    _form("/settings/sessions/{session}/end", devices.end),
    _form("/settings/apps/{token}/revoke", devices.revoke),
    _form("/settings/lost-phone", devices.lost_phone),
    _page("/@{name}", people.profile, Auth.MAYBE_SESSION, Sees.VIEWER),
    _page("/@{name}/{id}", people.post, Auth.MAYBE_SESSION, Sees.VIEWER),
)
