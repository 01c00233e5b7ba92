"""The pages of signing in and joining."""

from __future__ import annotations

from server.web.kit.routing import Auth, Handler, Rate, Route, Sees
from server.web.signin import invitation, lost, password, second

SMALL = 64 * 1024


def _form(path: str, handler: Handler, auth: Auth, sees: Sees, rate: Rate = Rate.SIGNIN) -> Route:
    return Route("POST", path, handler, auth, sees, rate, csrf=True, max_body=SMALL)


ROUTES: tuple[Route, ...] = (
    Route("GET", "/signin", password.show, Auth.MAYBE_SESSION, Sees.NOTHING, Rate.PAGES),
    _form("/signin", password.sign_in, Auth.MAYBE_SESSION, Sees.NOTHING),
    _form("/signin/passkey", password.sign_in_with_passkey, Auth.MAYBE_SESSION, Sees.NOTHING),
    _form("/signout", password.sign_out, Auth.MAYBE_SESSION, Sees.NOTHING, Rate.PAGES),
    Route("GET", "/signin/second", second.show, Auth.MAYBE_SESSION, Sees.OWN, Rate.PAGES),
    _form("/signin/second", second.give, Auth.MAYBE_SESSION, Sees.OWN),
    Route("GET", "/signin/confirm", second.show_confirm, Auth.SESSION, Sees.OWN, Rate.PAGES),
    _form("/signin/confirm", second.confirm, Auth.SESSION, Sees.OWN),
    Route("GET", "/signin/lost", lost.show, Auth.MAYBE_SESSION, Sees.NOTHING, Rate.PAGES),
    _form("/signin/lost", lost.ask, Auth.MAYBE_SESSION, Sees.NOTHING),
    Route("GET", "/invitation/{token}", invitation.show, Auth.MAYBE_SESSION, Sees.BEARER, Rate.PAGES),
    _form("/invitation/{token}", invitation.accept, Auth.MAYBE_SESSION, Sees.BEARER),
)
