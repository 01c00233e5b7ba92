"""The pages of the staff."""

from __future__ import annotations

from server.domain.users import Role
from server.web.admin import (
    access,
    apps,
    audit,
    decisions,
    explain,
    groups,
    incidents,
    invitations,
    knock,
    lists,
    log_files,
    members,
    openings,
    overview,
    partner,
    partners,
    policies,
    policy_text,
    purges,
    reports,
    requests,
    review,
    settings,
    verifications,
)
from server.web.kit.routing import Auth, Handler, Rate, Route, Sees

ADMINS = (Role.ADMIN.value,)
STAFF = (Role.ADMIN.value, Role.MODERATOR.value, Role.AUDITOR.value)
AUDITORS = (Role.ADMIN.value, Role.AUDITOR.value)
AUDITOR_ALONE = (Role.AUDITOR.value,)
"""Names of those who read: whoever runs the instance is not told them."""
MODERATORS = (Role.ADMIN.value, Role.MODERATOR.value)

LONG_RULES = 4 * 2**20
"""As many rules as a house may have, however a browser writes their characters."""


def _page(path: str, handler: Handler, roles: tuple[str, ...] = ADMINS) -> Route:
    return Route("GET", path, handler, Auth.STAFF, Sees.STAFF, Rate.PAGES, roles=roles)


def _form(path: str, handler: Handler, roles: tuple[str, ...] = ADMINS, most: int = 2**20) -> Route:
    return Route(
        "POST", path, handler, Auth.STAFF, Sees.STAFF, Rate.PAGES, roles=roles, csrf=True, max_body=most
    )


ROUTES: tuple[Route, ...] = (
    _page("/admin", overview.show, STAFF),
    _page("/admin/review", review.index, MODERATORS),
    _page("/admin/review/{id}", review.show, MODERATORS),
    _form("/admin/review/{id}", review.decide, MODERATORS),
    _page("/admin/decisions", decisions.index, AUDITORS),
    _page("/admin/decisions/file", log_files.of_decisions, AUDITORS),
    _page("/admin/explain", explain.show, AUDITORS),
    _page("/admin/audit", audit.index, AUDITORS),
    _page("/admin/audit/file", log_files.of_audit, AUDITORS),
    _page("/admin/groups", groups.index),
    _form("/admin/groups", groups.found),
    _page("/admin/groups/{id}", groups.show),
    _form("/admin/groups/{id}", groups.end),
    _page("/admin/incidents", incidents.index, AUDITORS),
    _page("/admin/incidents/{id}", incidents.show, AUDITORS),
    _page("/admin/incidents/{id}/record", incidents.document, AUDITORS),
    _page("/admin/access", access.show, AUDITOR_ALONE),
    _form("/admin/access", access.ask, AUDITOR_ALONE),
    _page("/admin/openings", openings.index, STAFF),
    _form("/admin/openings", openings.open_group, MODERATORS),
    _page("/admin/openings/{id}", openings.show, MODERATORS),
    _form("/admin/openings/{id}", openings.end, MODERATORS),
    _page("/admin/openings/{id}/posts/{post}", openings.discussion, MODERATORS),
    _page("/admin/apps", apps.index),
    _page("/admin/apps/{id}", apps.show),
    _form("/admin/apps/{id}", apps.change),
    _page("/admin/invitations", invitations.show),
    _form("/admin/invitations", invitations.make),
    _form("/admin/invitations/{invitation}/withdraw", invitations.withdraw),
    _page("/admin/knocks/{domain}", knock.show),
    _form("/admin/knocks/{domain}", knock.decide),
    _page("/admin/lists", lists.index),
    _page("/admin/lists/{key}", lists.show),
    _form("/admin/lists/{key}", lists.change),
    _page("/admin/members", members.index),
    _page("/admin/members/{id}", members.show),
    _form("/admin/members/{id}", members.change),
    _page("/admin/partners", partners.index),
    _form("/admin/partners", partners.change),
    _page("/admin/partners/card", partners.card),
    _page("/admin/partners/{domain}", partner.show),
    _form("/admin/partners/{domain}", partner.change),
    _page("/admin/policies", policies.show, AUDITORS),
    _form("/admin/policies", policies.change, most=LONG_RULES),
    _page("/admin/policies/export", policy_text.export, AUDITORS),
    _page("/admin/policies/text", policy_text.show),
    _page("/admin/purges", purges.show, AUDITORS),
    _page("/admin/reports", reports.index, MODERATORS),
    _form("/admin/reports/{id}", reports.resolve, MODERATORS),
    _page("/admin/requests", requests.index, MODERATORS),
    _page("/admin/settings", settings.index),
    _page("/admin/verifications", verifications.index),
    _page("/admin/verifications/{id}", verifications.show),
    _form("/admin/verifications/{id}", verifications.decide),
    _page("/admin/verifications/{id}/document", verifications.document),
)
