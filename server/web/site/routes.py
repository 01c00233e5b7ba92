"""Our own pages for people."""

from __future__ import annotations

from server.web.kit.routing import Auth, Cache, Handler, Rate, Route, Sees
from server.web.site import (
    compose,
    devices,
    email,
    farewell,
    front,
    group_moderation,
    group_openings,
    groups,
    home,
    incidents,
    installed,
    marks,
    member_files,
    messages,
    notifications,
    own_posts,
    people,
    polls,
    profile,
    relations,
    search,
    security,
    settings,
    thread,
    traces,
    verification,
)

SMALL = 64 * 1024
FILE = 3 * 1024 * 1024
PICTURES = 38 * 1024 * 1024
"""An avatar and a header, as large as one may be."""


def _page(path: str, handler: Handler, auth: Auth = Auth.SESSION, sees: Sees = Sees.OWN) -> Route:
    return Route("GET", path, handler, auth, sees, Rate.PAGES)


def _form(path: str, handler: Handler, auth: Auth = Auth.SESSION, max_body: int = SMALL) -> Route:
    return Route("POST", path, handler, auth, Sees.OWN, Rate.PAGES, csrf=True, max_body=max_body)


ROUTES: tuple[Route, ...] = (
    Route("GET", "/static/{name}", front.static, Auth.NONE, Sees.NOTHING, Rate.PAGES, Cache.DAY, cors=True),
    Route(
        "GET", "/manifest.webmanifest", installed.manifest, Auth.NONE, Sees.PUBLIC, Rate.PAGES, Cache.SHORT
    ),
    Route("GET", "/service-worker.js", installed.worker, Auth.NONE, Sees.NOTHING, Rate.PAGES),
    _page("/offline", installed.offline, Auth.NONE, Sees.NOTHING),
    _page("/", front.front, Auth.MAYBE_SESSION),
    _page("/help/apps", front.apps, Auth.MAYBE_SESSION, Sees.NOTHING),
    _page("/terms", front.terms, Auth.MAYBE_SESSION, Sees.NOTHING),
    _page("/welcome", front.welcome),
    _page("/home", home.home, sees=Sees.VIEWER),
    _page("/bookmarks", home.bookmarks, sees=Sees.VIEWER),
    _page("/tags/{tag}", home.tag, sees=Sees.VIEWER),
    _page("/write", compose.show, sees=Sees.VIEWER),
    _form("/write", compose.write, max_body=PICTURES),
    _page("/posts/{id}", thread.show, sees=Sees.VIEWER),
    _form("/posts/{id}/marks", marks.mark),
    _form("/posts/{id}/vote", polls.vote),
    _page("/posts/{id}/edit", own_posts.show_edit),
    _form("/posts/{id}/edit", own_posts.edit),
    _page("/posts/{id}/delete", own_posts.show_delete),
    _form("/posts/{id}/delete", own_posts.delete),
    _page("/messages", messages.show, sees=Sees.VIEWER),
    _form("/messages/{id}/read", messages.read),
    _page("/people/{id}", people.person, sees=Sees.VIEWER),
    _form("/people/{id}/relation", relations.change),
    _page("/notifications", notifications.show, sees=Sees.VIEWER),
    _form("/notifications/read", notifications.mark_read),
    _page("/search", search.show, sees=Sees.VIEWER),
    _page("/settings", settings.show),
    _page("/settings/profile", profile.show),
    _form("/settings/profile", profile.change),
    _form("/settings/profile/pictures", profile.change_pictures, max_body=PICTURES),
    _page("/settings/files", member_files.show),
    _form("/settings/files", member_files.bring_in, max_body=FILE),
    _page("/settings/files/{name}", member_files.take_along),
    _page("/settings/email", email.show, Auth.FRESH_SESSION),
    _form("/settings/email", email.change, Auth.FRESH_SESSION),
    _page("/settings/email/{token}", email.show_link),
    _form("/settings/email/{token}", email.confirm),
    _page("/settings/end", farewell.show, Auth.FRESH_SESSION),
    _form("/settings/end", farewell.end, Auth.FRESH_SESSION),
    _page("/settings/security", security.show, Auth.FRESH_SESSION),
    _form("/settings/security/password", security.change_password, Auth.FRESH_SESSION),
    _form("/settings/security/authenticator", security.start_totp, Auth.FRESH_SESSION),
    _page("/settings/security/authenticator", security.show_totp, Auth.FRESH_SESSION),
    _form("/settings/security/authenticator/confirm", security.confirm_totp, Auth.FRESH_SESSION),
    _form("/settings/security/passkeys", security.add_passkey, Auth.FRESH_SESSION),
    _form("/settings/security/factors/{factor}/remove", security.remove_factor, Auth.FRESH_SESSION),
    _form("/settings/security/codes", security.make_codes, Auth.FRESH_SESSION),
    _page("/verification", verification.show),
    _form("/verification", verification.ask, max_body=PICTURES),
    _page("/settings/sessions", devices.show),
    _form("/settings/sessions/{session}/end", devices.end),
    _form("/settings/apps/{token}/revoke", devices.revoke),
    _form("/settings/lost-phone", devices.lost_phone),
    _page("/groups", groups.index, sees=Sees.VIEWER),
    _page("/groups/{id}", groups.show, sees=Sees.VIEWER),
    _form("/groups/{id}", groups.post),
    _page("/groups/{id}/posts/{post}", groups.thread, sees=Sees.VIEWER),
    _form("/groups/{id}/posts/{post}/moderate", group_moderation.moderate),
    _form("/groups/{id}/posts/{post}/identifies", incidents.identifies),
    _form("/groups/{id}/posts/{post}/earlier", incidents.earlier),
    _page("/groups/{id}/incidents", incidents.index, sees=Sees.VIEWER),
    _form("/groups/{id}/incidents/{incident}", incidents.decide),
    _page("/groups/{id}/openings", group_openings.index, sees=Sees.VIEWER),
    _form("/groups/{id}/openings/{opening}", group_openings.end),
    _page("/groups/{id}/join", groups.join, sees=Sees.VIEWER),
    _form("/groups/{id}/join", groups.confirm),
    _form("/groups/{id}/leave", groups.leave),
    _page("/groups/{id}/requests", group_moderation.requests, sees=Sees.VIEWER),
    _form("/groups/{id}/requests/{member}", group_moderation.decide),
    _page("/groups/{id}/members", group_moderation.members, sees=Sees.VIEWER),
    _form("/groups/{id}/members/{member}", group_moderation.change),
    _form("/groups/{id}/invite", group_moderation.invite),
    _page("/ledger", traces.index),
    _page("/ledger/{id}", traces.show),
    _page("/ledger/{id}/receipts", traces.receipts),
    _page("/@{name}", people.profile, Auth.MAYBE_SESSION, Sees.VIEWER),
    _page("/@{name}/{id}", people.post, Auth.MAYBE_SESSION, Sees.VIEWER),
)
