"""The shape of every answer of the client API, and a check that an answer has it."""

from __future__ import annotations

from typing import Any, get_args, get_origin

import httpx
import msgspec

from server.web.kit.routing import Found, Router
from server.web.mastodon.entities import accounts as a
from server.web.mastodon.entities import base as b
from server.web.mastodon.entities import filters as f
from server.web.mastodon.entities import house as h
from server.web.mastodon.entities import nouns as n
from server.web.mastodon.entities import statuses as s
from server.web.mastodon.routes import ROUTES
from tests.support.api_decoders import decode

ACCOUNTS = list[a.Account]
STATUSES = list[s.Status]

SHAPES: dict[str, Any] = {
    "GET /api/v1/instance": h.InstanceV1,
    "GET /api/v2/instance": h.InstanceV2,
    "GET /api/v1/instance/rules": list[h.Rule],
    "GET /api/v1/instance/extended_description": h.Page,
    "GET /api/v1/instance/privacy_policy": h.Page,
    "GET /api/v1/instance/languages": list[dict[str, str]],
    "GET /api/v1/instance/translation_languages": b.Empty,
    "GET /api/v1/accounts/verify_credentials": a.CredentialAccount,
    "PATCH /api/v1/accounts/update_credentials": a.CredentialAccount,
    "GET /api/v1/profile": a.CredentialAccount,
    "PATCH /api/v1/profile": a.CredentialAccount,
    "DELETE /api/v1/profile/avatar": a.CredentialAccount,
    "DELETE /api/v1/profile/header": a.CredentialAccount,
    "GET /api/v1/preferences": a.Preferences,
    "GET /api/v1/markers": n.Markers,
    "POST /api/v1/markers": n.Markers,
    "GET /api/v1/push/subscription": n.PushSubscription,
    "POST /api/v1/push/subscription": n.PushSubscription,
    "PUT /api/v1/push/subscription": n.PushSubscription,
    "DELETE /api/v1/push/subscription": b.Empty,
    "GET /api/v1/accounts": ACCOUNTS,
    "GET /api/v1/accounts/lookup": a.Account,
    "GET /api/v1/accounts/search": ACCOUNTS,
    "GET /api/v1/accounts/relationships": list[a.Relationship],
    "GET /api/v1/accounts/familiar_followers": list[a.FamiliarFollowers],
    "GET /api/v1/accounts/{id}": a.Account,
    "GET /api/v1/accounts/{id}/statuses": STATUSES,
    "GET /api/v1/accounts/{id}/followers": ACCOUNTS,
    "GET /api/v1/accounts/{id}/following": ACCOUNTS,
    "GET /api/v1/accounts/{id}/lists": list[n.UserList],
    "GET /api/v1/suggestions": ACCOUNTS,
    "GET /api/v2/suggestions": list[a.Suggestion],
    "GET /api/v1/follow_requests": ACCOUNTS,
    "GET /api/v1/blocks": ACCOUNTS,
    "GET /api/v1/mutes": list[a.MutedAccount],
    "POST /api/v1/statuses": s.Status,
    "GET /api/v1/statuses": STATUSES,
    "GET /api/v1/statuses/{id}": s.Status,
    "PUT /api/v1/statuses/{id}": s.Status,
    "DELETE /api/v1/statuses/{id}": s.DeletedStatus,
    "GET /api/v1/statuses/{id}/context": s.Context,
    "GET /api/v1/statuses/{id}/history": list[s.StatusEdit],
    "GET /api/v1/statuses/{id}/source": s.StatusSource,
    "GET /api/v1/statuses/{id}/favourited_by": ACCOUNTS,
    "GET /api/v1/statuses/{id}/reblogged_by": ACCOUNTS,
    "GET /api/v1/scheduled_statuses": list[s.ScheduledStatus],
    "GET /api/v1/scheduled_statuses/{id}": s.ScheduledStatus,
    "PUT /api/v1/scheduled_statuses/{id}": s.ScheduledStatus,
    "DELETE /api/v1/scheduled_statuses/{id}": b.Empty,
    "GET /api/v1/polls/{id}": s.Poll,
    "POST /api/v1/polls/{id}/votes": s.Poll,
    "POST /api/v2/media": s.MediaAttachment,
    "POST /api/v1/media": s.MediaAttachment,
    "GET /api/v1/media/{id}": s.MediaAttachment,
    "PUT /api/v1/media/{id}": s.MediaAttachment,
    "GET /api/v1/timelines/home": STATUSES,
    "GET /api/v1/timelines/public": STATUSES,
    "GET /api/v1/timelines/tag/{tag}": STATUSES,
    "GET /api/v1/timelines/list/{id}": STATUSES,
    "GET /api/v1/favourites": STATUSES,
    "GET /api/v1/bookmarks": STATUSES,
    "GET /api/v1/tags/{tag}": n.Tag,
    "POST /api/v1/tags/{tag}/follow": n.Tag,
    "POST /api/v1/tags/{tag}/unfollow": n.Tag,
    "GET /api/v1/followed_tags": list[n.Tag],
    "POST /api/v1/tags/{tag}/feature": n.Tag,
    "POST /api/v1/tags/{tag}/unfeature": n.Tag,
    "GET /api/v1/featured_tags": list[n.FeaturedTag],
    "POST /api/v1/featured_tags": n.FeaturedTag,
    "DELETE /api/v1/featured_tags/{id}": b.Empty,
    "GET /api/v1/featured_tags/suggestions": list[n.Tag],
    "GET /api/v1/accounts/{id}/featured_tags": list[n.FeaturedTag],
    "GET /api/v1/accounts/{id}/endorsements": ACCOUNTS,
    "GET /api/v1/endorsements": ACCOUNTS,
    "GET /api/v1/domain_blocks": list[str],
    "POST /api/v1/domain_blocks": b.Empty,
    "DELETE /api/v1/domain_blocks": b.Empty,
    "GET /api/v2/search": n.Search,
    "GET /api/v1/lists": list[n.UserList],
    "POST /api/v1/lists": n.UserList,
    "GET /api/v1/lists/{id}": n.UserList,
    "PUT /api/v1/lists/{id}": n.UserList,
    "DELETE /api/v1/lists/{id}": b.Empty,
    "GET /api/v1/lists/{id}/accounts": ACCOUNTS,
    "POST /api/v1/lists/{id}/accounts": b.Empty,
    "DELETE /api/v1/lists/{id}/accounts": b.Empty,
    "GET /api/v2/filters": list[f.Filter],
    "POST /api/v2/filters": f.Filter,
    "GET /api/v2/filters/{id}": f.Filter,
    "PUT /api/v2/filters/{id}": f.Filter,
    "DELETE /api/v2/filters/{id}": b.Empty,
    "GET /api/v2/filters/{id}/keywords": list[f.FilterKeyword],
    "POST /api/v2/filters/{id}/keywords": f.FilterKeyword,
    "GET /api/v2/filters/{id}/statuses": list[f.FilterStatus],
    "POST /api/v2/filters/{id}/statuses": f.FilterStatus,
    "GET /api/v2/filters/keywords/{id}": f.FilterKeyword,
    "PUT /api/v2/filters/keywords/{id}": f.FilterKeyword,
    "DELETE /api/v2/filters/keywords/{id}": b.Empty,
    "GET /api/v2/filters/statuses/{id}": f.FilterStatus,
    "DELETE /api/v2/filters/statuses/{id}": f.FilterStatus,
    "GET /api/v1/filters": list[f.FilterV1],
    "POST /api/v1/filters": f.FilterV1,
    "GET /api/v1/filters/{id}": f.FilterV1,
    "PUT /api/v1/filters/{id}": f.FilterV1,
    "DELETE /api/v1/filters/{id}": b.Empty,
    "GET /api/v1/notifications": list[n.Notification],
    "GET /api/v1/notifications/unread_count": n.UnreadCount,
    "POST /api/v1/notifications/clear": b.Empty,
    "GET /api/v1/notifications/{id}": n.Notification,
    "POST /api/v1/notifications/{id}/dismiss": b.Empty,
    "GET /api/v1/notifications/requests": list[n.NotificationRequest],
    "GET /api/v1/notifications/requests/merged": n.Merged,
    "POST /api/v1/notifications/requests/accept": b.Empty,
    "POST /api/v1/notifications/requests/dismiss": b.Empty,
    "GET /api/v1/notifications/requests/{id}": n.NotificationRequest,
    "POST /api/v1/notifications/requests/{id}/accept": b.Empty,
    "POST /api/v1/notifications/requests/{id}/dismiss": b.Empty,
    "GET /api/v2/notifications/policy": n.NotificationPolicy,
    "PATCH /api/v2/notifications/policy": n.NotificationPolicy,
    "PUT /api/v2/notifications/policy": n.NotificationPolicy,
    "GET /api/v2/notifications": n.GroupedNotifications,
    "GET /api/v2/notifications/unread_count": n.UnreadCount,
    "GET /api/v2/notifications/{key}": n.GroupedNotifications,
    "GET /api/v2/notifications/{key}/accounts": ACCOUNTS,
    "POST /api/v2/notifications/{key}/dismiss": b.Empty,
    "GET /api/v1/conversations": list[n.Conversation],
    "DELETE /api/v1/conversations/{id}": b.Empty,
    "POST /api/v1/conversations/{id}/read": n.Conversation,
    "POST /api/v1/conversations/{id}/unread": n.Conversation,
    "POST /api/v1/reports": n.Report,
}
RELATIONSHIP_VERBS = (
    "follow unfollow remove_from_followers block unblock mute unmute note pin unpin endorse unendorse".split()  # noqa: SIM905  reads better
)
STATUS_VERBS = (
    "favourite unfavourite reblog unreblog bookmark unbookmark pin unpin mute unmute".split()  # noqa: SIM905
)
SHAPES |= {f"POST /api/v1/accounts/{{id}}/{verb}": a.Relationship for verb in RELATIONSHIP_VERBS}
SHAPES |= {f"POST /api/v1/follow_requests/{{id}}/{verb}": a.Relationship for verb in ("authorize", "reject")}
SHAPES |= {f"POST /api/v1/statuses/{{id}}/{verb}": s.Status for verb in STATUS_VERBS}

_router = Router(ROUTES)
UNWRITTEN = {
    key
    for route in ROUTES
    if (key := f"{route.method} {route.path}") not in SHAPES
    and route.handler.__name__ != "nothing"
    and not route.endless
    and route.handler.__module__
    != "server.web.mastodon.streaming.server_sent"  # its state is a word, not JSON
    and not (route.handler.__module__.endswith(".push") and route.handler.__name__ == "show")
}
"""Routes whose answer nobody has described; a test holds this empty."""


def check(response: httpx.Response) -> None:
    """Fails for an answer that is not of its entity's shape, or an error that is not `{"error": …}`."""
    request = response.request
    found = _router.find(request.method, request.url.path)
    where = f"{request.method} {request.url.path} {response.status_code}"
    if not request.url.path.startswith("/api/"):
        return
    assert response.headers["content-type"].startswith("application/json"), where
    if response.status_code >= 400:
        assert response.status_code < 500, f"{where}: {response.text[:200]}"
        shape: Any = s.UnexpectedAccounts if b'"unexpected_accounts"' in response.content else b.Failure
    elif isinstance(found, Found):
        shape = SHAPES.get(f"{request.method} {found.route.path}", list[None])
        if shape is s.Status and b'"scheduled_at"' in response.content:
            shape = s.ScheduledStatus  # posted, but for later
    else:
        msg = f"{where}: an answer without a route"
        raise AssertionError(msg)
    try:
        msgspec.json.decode(response.content, type=shape)
    except msgspec.ValidationError as error:
        msg = f"{where}: {error}: {response.text[:300]}"
        raise AssertionError(msg) from None
    if response.status_code < 400:
        kind = get_args(shape)[0] if get_origin(shape) is list else shape
        decode(getattr(kind, "__name__", ""), response.json(), where)


def check_success(response: httpx.Response) -> None:
    """For every client of a served instance: looks at what succeeded, and leaves streams, files and refusals alone."""
    if response.status_code < 400 and response.headers.get("content-type", "").startswith("application/json"):
        response.read()
        check(response)
