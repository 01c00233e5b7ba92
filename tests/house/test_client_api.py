"""What apps call, by noun: every endpoint of Mastodon's client API that this house promises has a route."""

from __future__ import annotations

import pytest

from server.web.kit.routing import Found, Router
from server.web.routes import ROUTES

CALLED = """
GET /api/v1/instance
GET /api/v2/instance
GET /api/v1/instance/rules
GET /api/v1/instance/peers
GET /api/v1/instance/extended_description
GET /api/v1/instance/privacy_policy
GET /api/v1/custom_emojis
GET /api/v1/announcements
POST /api/v1/apps
GET /api/v1/apps/verify_credentials
GET /oauth/authorize
POST /oauth/authorize
POST /oauth/token
POST /oauth/revoke
GET /oauth/userinfo
GET /.well-known/oauth-authorization-server
GET /.well-known/nodeinfo
GET /nodeinfo/2.0
GET /.well-known/host-meta
GET /api/v1/accounts/verify_credentials
PATCH /api/v1/accounts/update_credentials
GET /api/v1/profile
PATCH /api/v1/profile
DELETE /api/v1/profile/avatar
DELETE /api/v1/profile/header
GET /api/v1/preferences
GET /api/v1/markers
POST /api/v1/markers
GET /api/v1/timelines/home
GET /api/v1/timelines/public
GET /api/v1/timelines/tag/icu
GET /api/v1/timelines/list/1
POST /api/v1/statuses
GET /api/v1/statuses
GET /api/v1/statuses/1
PUT /api/v1/statuses/1
DELETE /api/v1/statuses/1
GET /api/v1/statuses/1/source
GET /api/v1/statuses/1/history
GET /api/v1/statuses/1/context
GET /api/v1/statuses/1/favourited_by
GET /api/v1/statuses/1/reblogged_by
POST /api/v1/statuses/1/favourite
POST /api/v1/statuses/1/unfavourite
POST /api/v1/statuses/1/reblog
POST /api/v1/statuses/1/unreblog
POST /api/v1/statuses/1/bookmark
POST /api/v1/statuses/1/unbookmark
POST /api/v1/statuses/1/pin
POST /api/v1/statuses/1/unpin
POST /api/v1/statuses/1/mute
POST /api/v1/statuses/1/unmute
POST /api/v2/media
POST /api/v1/media
GET /api/v1/media/1
PUT /api/v1/media/1
GET /api/v1/polls/1
POST /api/v1/polls/1/votes
GET /api/v1/scheduled_statuses
GET /api/v1/scheduled_statuses/1
PUT /api/v1/scheduled_statuses/1
DELETE /api/v1/scheduled_statuses/1
GET /api/v1/notifications
GET /api/v1/notifications/1
GET /api/v1/notifications/unread_count
POST /api/v1/notifications/clear
POST /api/v1/notifications/1/dismiss
GET /api/v2/notifications
GET /api/v2/notifications/ungrouped-1
GET /api/v2/notifications/ungrouped-1/accounts
POST /api/v2/notifications/ungrouped-1/dismiss
GET /api/v2/notifications/unread_count
GET /api/v2/notifications/policy
PATCH /api/v2/notifications/policy
GET /api/v1/notifications/requests
GET /api/v1/notifications/requests/1
GET /api/v1/notifications/requests/merged
POST /api/v1/notifications/requests/1/accept
POST /api/v1/notifications/requests/1/dismiss
POST /api/v1/notifications/requests/accept
POST /api/v1/notifications/requests/dismiss
GET /api/v1/lists
POST /api/v1/lists
GET /api/v1/lists/1
PUT /api/v1/lists/1
DELETE /api/v1/lists/1
GET /api/v1/lists/1/accounts
POST /api/v1/lists/1/accounts
DELETE /api/v1/lists/1/accounts
GET /api/v2/filters
POST /api/v2/filters
GET /api/v2/filters/1
PUT /api/v2/filters/1
DELETE /api/v2/filters/1
GET /api/v2/filters/1/keywords
POST /api/v2/filters/1/keywords
GET /api/v2/filters/keywords/1
PUT /api/v2/filters/keywords/1
DELETE /api/v2/filters/keywords/1
GET /api/v2/filters/1/statuses
POST /api/v2/filters/1/statuses
GET /api/v2/filters/statuses/1
DELETE /api/v2/filters/statuses/1
GET /api/v1/filters
POST /api/v1/filters
GET /api/v1/filters/1
PUT /api/v1/filters/1
DELETE /api/v1/filters/1
GET /api/v1/follow_requests
POST /api/v1/follow_requests/1/authorize
POST /api/v1/follow_requests/1/reject
GET /api/v1/conversations
DELETE /api/v1/conversations/1
POST /api/v1/conversations/1/read
GET /api/v2/search
GET /api/v1/accounts
GET /api/v1/accounts/1
GET /api/v1/accounts/lookup
GET /api/v1/accounts/search
GET /api/v1/accounts/relationships
GET /api/v1/accounts/familiar_followers
GET /api/v1/accounts/1/statuses
GET /api/v1/accounts/1/followers
GET /api/v1/accounts/1/following
GET /api/v1/accounts/1/featured_tags
GET /api/v1/accounts/1/lists
GET /api/v1/accounts/1/endorsements
POST /api/v1/accounts/1/follow
POST /api/v1/accounts/1/unfollow
POST /api/v1/accounts/1/block
POST /api/v1/accounts/1/unblock
POST /api/v1/accounts/1/mute
POST /api/v1/accounts/1/unmute
POST /api/v1/accounts/1/note
POST /api/v1/accounts/1/remove_from_followers
POST /api/v1/accounts/1/pin
POST /api/v1/accounts/1/unpin
POST /api/v1/accounts/1/endorse
POST /api/v1/accounts/1/unendorse
GET /api/v1/endorsements
GET /api/v1/blocks
GET /api/v1/mutes
GET /api/v1/bookmarks
GET /api/v1/favourites
GET /api/v1/domain_blocks
POST /api/v1/domain_blocks
DELETE /api/v1/domain_blocks
GET /api/v1/followed_tags
GET /api/v1/tags/icu
POST /api/v1/tags/icu/follow
POST /api/v1/tags/icu/unfollow
POST /api/v1/tags/icu/feature
POST /api/v1/tags/icu/unfeature
GET /api/v1/featured_tags
POST /api/v1/featured_tags
DELETE /api/v1/featured_tags/1
GET /api/v1/featured_tags/suggestions
GET /api/v1/trends/tags
GET /api/v1/trends/statuses
GET /api/v1/trends/links
GET /api/v1/directory
GET /api/v1/suggestions
GET /api/v2/suggestions
POST /api/v1/reports
GET /api/v1/push/subscription
DELETE /api/v1/push/subscription
""".strip().splitlines()


@pytest.mark.parametrize("called", CALLED)
def test_what_apps_call_is_there(called: str) -> None:
    method, path = called.split()
    found = Router(ROUTES).find(method, path)
    assert isinstance(found, Found), called
    assert found.route.method == method
    if path.startswith("/api/"):
        assert found.route.cors, "apps in browsers call from their own origin"
