"""Routes of pictures."""

from __future__ import annotations

from server.web.kit.routing import Auth, Cache, Rate, Route, Sees
from server.web.media import faces, files

ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        "/media/files/{token}",
        files.show,
        Auth.NONE,
        Sees.BEARER,
        Rate.PAGES,
        Cache.OWN_DAY,
        cors=True,
    ),
    Route(
        "GET",
        "/media/faces/{kind}/{id}/{key}",
        faces.show,
        Auth.NONE,
        Sees.BEARER,
        Rate.PAGES,
        Cache.DAY,
        cors=True,
    ),
)
