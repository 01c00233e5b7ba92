"""The pages of the staff."""

from __future__ import annotations

from server.domain.users import Role
from server.web.admin import invitations
from server.web.kit.routing import Auth, Rate, Route, Sees

ADMINS = (Role.ADMIN.value,)

ROUTES: tuple[Route, ...] = (
    Route("GET", "/admin/invitations", invitations.show, Auth.STAFF, Sees.STAFF, Rate.PAGES, roles=ADMINS),
    Route(
        "POST",
        "/admin/invitations",
        invitations.make,
        Auth.STAFF,
        Sees.STAFF,
        Rate.PAGES,
        roles=ADMINS,
        csrf=True,
    ),
    Route(
        "POST",
        "/admin/invitations/{invitation}/withdraw",
        invitations.withdraw,
        Auth.STAFF,
        Sees.STAFF,
        Rate.PAGES,
        roles=ADMINS,
        csrf=True,
    ),
)
