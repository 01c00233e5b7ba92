"""Routes of the client API. What an endpoint needs is said here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable

from server.web.kit.routing import Auth, Cache, Handler, Rate, Route, Sees, SocketHandler
from server.web.mastodon import (
    conversations,
    featured_tags,
    filters,
    filters_v1,
    instance,
    lists,
    markers,
    media,
    notification_groups,
    notification_policies,
    notifications,
    polls,
    push,
    reports,
    scheduled_statuses,
    search,
    suggestions,
    tags,
    timelines,
)
from server.web.mastodon.accounts import kept_off, own, relate, show, theirs
from server.web.mastodon.statuses import marks, publish, read
from server.web.mastodon.streaming import server_sent, sockets

UPLOAD = 38 * 1024 * 1024
PROFILE = 34 * 1024 * 1024


def _of(sees: Sees, auth: Auth = Auth.TOKEN, rate: Rate = Rate.API) -> Callable[..., Route]:
    """A maker of routes of one kind."""

    def make(
        method: str,
        path: str,
        handler: Handler,
        scope: str,
        *,
        rate: Rate = rate,
        max_body: int = 1024 * 1024,
    ) -> Route:
        return Route(
            method, path, handler, auth, sees, rate, Cache.NEVER, scope=scope, max_body=max_body, cors=True
        )

    return make


own_ = _of(Sees.OWN)
seen = _of(Sees.VIEWER)
seen_by_any = _of(Sees.VIEWER, Auth.MAYBE_TOKEN)


def public(method: str, path: str, handler: Handler, cache: Cache = Cache.SHORT) -> Route:
    """What the instance publishes about itself."""
    return Route(method, path, handler, Auth.NONE, Sees.PUBLIC, Rate.API, cache, cors=True)


def stream(path: str, socket: SocketHandler | None = None) -> Route:
    """An answer that stays open. Which scope each stream wants is looked at when it is named."""
    return Route(
        "GET",
        server_sent.BASE + path,
        server_sent.show,
        Auth.TOKEN,
        Sees.VIEWER,
        Rate.API,
        scope="read:statuses|read:notifications|read:lists",
        cors=True,
        endless=True,
        socket=socket,
    )


ROUTES: tuple[Route, ...] = (
    # the instance
    public("GET", "/api/v1/instance", instance.show_v1),
    public("GET", "/api/v2/instance", instance.show_v2),
    public("GET", "/api/v1/instance/rules", instance.rules),
    public("GET", "/api/v1/instance/peers", instance.nothing),
    public("GET", "/api/v1/instance/activity", instance.nothing),
    public("GET", "/api/v1/instance/domain_blocks", instance.nothing),
    public("GET", "/api/v1/instance/extended_description", instance.extended_description),
    public("GET", "/api/v1/instance/privacy_policy", instance.privacy_policy),
    public("GET", "/api/v1/instance/languages", instance.languages),
    public("GET", "/api/v1/instance/translation_languages", instance.no_translations),
    public("GET", "/api/v1/custom_emojis", instance.nothing),
    public("GET", "/api/v1/trends", instance.nothing),
    public("GET", "/api/v1/trends/tags", instance.nothing),
    public("GET", "/api/v1/trends/statuses", instance.nothing),
    public("GET", "/api/v1/trends/links", instance.nothing),
    public("GET", "/api/v1/directory", instance.nothing),
    # what this house does not keep, but apps ask for
    own_("GET", "/api/v1/announcements", instance.nothing, "read"),
    own_("GET", "/api/v1/suggestions", suggestions.plain, "read"),
    own_("GET", "/api/v2/suggestions", suggestions.sourced, "read"),
    own_("GET", "/api/v1/push/subscription", push.show, "push"),
    own_("POST", "/api/v1/push/subscription", push.subscribe, "push"),
    own_("PUT", "/api/v1/push/subscription", push.change, "push"),
    own_("DELETE", "/api/v1/push/subscription", push.delete, "push"),
    # the caller
    own_("GET", "/api/v1/accounts/verify_credentials", own.verify, "read:accounts|profile"),
    own_("PATCH", "/api/v1/accounts/update_credentials", own.update, "write:accounts", max_body=PROFILE),
    own_("GET", "/api/v1/profile", own.verify, "read:accounts|profile"),
    own_("PATCH", "/api/v1/profile", own.update, "write:accounts", max_body=PROFILE),
    own_("DELETE", "/api/v1/profile/avatar", own.remove_avatar, "write:accounts"),
    own_("DELETE", "/api/v1/profile/header", own.remove_header, "write:accounts"),
    own_("GET", "/api/v1/preferences", own.preferences, "read:accounts"),
    own_("GET", "/api/v1/markers", markers.show, "read:statuses"),
    own_("POST", "/api/v1/markers", markers.move, "write:statuses"),
    # accounts
    seen("GET", "/api/v1/accounts", show.several, "read:accounts"),
    seen("GET", "/api/v1/accounts/lookup", show.lookup, "read:accounts"),
    seen("GET", "/api/v1/accounts/search", show.find, "read:accounts"),
    own_("GET", "/api/v1/accounts/relationships", show.relations, "read:follows"),
    own_("GET", "/api/v1/accounts/familiar_followers", show.familiar, "read:follows"),
    seen("GET", "/api/v1/accounts/{id}", show.show, "read:accounts"),
    seen("GET", "/api/v1/accounts/{id}/statuses", theirs.statuses, "read:statuses"),
    seen("GET", "/api/v1/accounts/{id}/followers", theirs.followers, "read:accounts"),
    seen("GET", "/api/v1/accounts/{id}/following", theirs.following, "read:accounts"),
    seen("GET", "/api/v1/accounts/{id}/featured_tags", featured_tags.theirs, "read:accounts"),
    seen("GET", "/api/v1/accounts/{id}/endorsements", theirs.endorsed, "read:accounts"),
    seen("GET", "/api/v1/endorsements", theirs.own_endorsements, "read:accounts"),
    seen("GET", "/api/v1/accounts/{id}/identity_proofs", theirs.nothing, "read:accounts"),
    own_("GET", "/api/v1/accounts/{id}/lists", lists.holding, "read:lists"),
    own_("POST", "/api/v1/accounts/{id}/follow", relate.follow, "write:follows"),
    own_("POST", "/api/v1/accounts/{id}/unfollow", relate.unfollow, "write:follows"),
    own_("POST", "/api/v1/accounts/{id}/remove_from_followers", relate.remove_follower, "write:follows"),
    own_("POST", "/api/v1/accounts/{id}/block", relate.block, "write:blocks"),
    own_("POST", "/api/v1/accounts/{id}/unblock", relate.unblock, "write:blocks"),
    own_("POST", "/api/v1/accounts/{id}/mute", relate.mute, "write:mutes"),
    own_("POST", "/api/v1/accounts/{id}/unmute", relate.unmute, "write:mutes"),
    own_("POST", "/api/v1/accounts/{id}/note", relate.note, "write:accounts"),
    own_("POST", "/api/v1/accounts/{id}/pin", relate.endorse, "write:accounts"),
    own_("POST", "/api/v1/accounts/{id}/unpin", relate.unendorse, "write:accounts"),
    own_("POST", "/api/v1/accounts/{id}/endorse", relate.endorse, "write:accounts"),
    own_("POST", "/api/v1/accounts/{id}/unendorse", relate.unendorse, "write:accounts"),
    own_("GET", "/api/v1/follow_requests", kept_off.requests, "read:follows"),
    own_("POST", "/api/v1/follow_requests/{id}/authorize", relate.authorize, "write:follows"),
    own_("POST", "/api/v1/follow_requests/{id}/reject", relate.reject, "write:follows"),
    own_("GET", "/api/v1/blocks", kept_off.blocks, "read:blocks"),
    own_("GET", "/api/v1/mutes", kept_off.mutes, "read:mutes"),
    own_("GET", "/api/v1/domain_blocks", kept_off.domains, "read:blocks"),
    own_("POST", "/api/v1/domain_blocks", kept_off.block_domain, "write:blocks"),
    own_("DELETE", "/api/v1/domain_blocks", kept_off.unblock_domain, "write:blocks"),
    # statuses
    own_("POST", "/api/v1/statuses", publish.create, "write:statuses"),
    seen("GET", "/api/v1/statuses", read.several, "read:statuses"),
    seen_by_any("GET", "/api/v1/statuses/{id}", read.show, "read:statuses"),
    own_("PUT", "/api/v1/statuses/{id}", publish.update, "write:statuses"),
    own_("DELETE", "/api/v1/statuses/{id}", publish.delete, "write:statuses", rate=Rate.DELETE),
    seen_by_any("GET", "/api/v1/statuses/{id}/context", read.context, "read:statuses"),
    seen_by_any("GET", "/api/v1/statuses/{id}/history", read.history, "read:statuses"),
    own_("GET", "/api/v1/statuses/{id}/source", read.source, "read:statuses"),
    seen("GET", "/api/v1/statuses/{id}/favourited_by", read.favourited_by, "read:accounts"),
    seen("GET", "/api/v1/statuses/{id}/reblogged_by", read.reblogged_by, "read:accounts"),
    seen("POST", "/api/v1/statuses/{id}/favourite", marks.favourite, "write:favourites"),
    seen("POST", "/api/v1/statuses/{id}/unfavourite", marks.unfavourite, "write:favourites"),
    seen("POST", "/api/v1/statuses/{id}/reblog", marks.reblog, "write:statuses"),
    seen("POST", "/api/v1/statuses/{id}/unreblog", marks.unreblog, "write:statuses"),
    seen("POST", "/api/v1/statuses/{id}/bookmark", marks.bookmark, "write:bookmarks"),
    seen("POST", "/api/v1/statuses/{id}/unbookmark", marks.unbookmark, "write:bookmarks"),
    seen("POST", "/api/v1/statuses/{id}/pin", marks.pin, "write:accounts"),
    seen("POST", "/api/v1/statuses/{id}/unpin", marks.unpin, "write:accounts"),
    seen("POST", "/api/v1/statuses/{id}/mute", marks.mute, "write:mutes"),
    seen("POST", "/api/v1/statuses/{id}/unmute", marks.unmute, "write:mutes"),
    seen("GET", "/api/v1/polls/{id}", polls.show, "read:statuses"),
    seen("POST", "/api/v1/polls/{id}/votes", polls.vote, "write:statuses"),
    own_("GET", "/api/v1/scheduled_statuses", scheduled_statuses.index, "read:statuses"),
    own_("GET", "/api/v1/scheduled_statuses/{id}", scheduled_statuses.show, "read:statuses"),
    own_("PUT", "/api/v1/scheduled_statuses/{id}", scheduled_statuses.update, "write:statuses"),
    own_("DELETE", "/api/v1/scheduled_statuses/{id}", scheduled_statuses.delete, "write:statuses"),
    # media
    own_("POST", "/api/v2/media", media.upload, "write:media", rate=Rate.MEDIA, max_body=UPLOAD),
    own_("POST", "/api/v1/media", media.upload, "write:media", rate=Rate.MEDIA, max_body=UPLOAD),
    own_("GET", "/api/v1/media/{id}", media.show, "write:media"),
    own_("PUT", "/api/v1/media/{id}", media.update, "write:media"),
    # timelines
    seen("GET", "/api/v1/timelines/home", timelines.home, "read:statuses"),
    seen_by_any("GET", "/api/v1/timelines/public", timelines.public, "read:statuses"),
    seen_by_any("GET", "/api/v1/timelines/tag/{tag}", timelines.tag, "read:statuses"),
    seen("GET", "/api/v1/timelines/list/{id}", timelines.list_, "read:lists"),
    seen("GET", "/api/v1/favourites", timelines.favourites, "read:favourites"),
    seen("GET", "/api/v1/bookmarks", timelines.bookmarks, "read:bookmarks"),
    own_("GET", "/api/v1/tags/{tag}", tags.show, "read"),
    own_("POST", "/api/v1/tags/{tag}/follow", tags.follow, "write:follows"),
    own_("POST", "/api/v1/tags/{tag}/unfollow", tags.unfollow, "write:follows"),
    own_("POST", "/api/v1/tags/{tag}/feature", featured_tags.feature, "write:accounts"),
    own_("POST", "/api/v1/tags/{tag}/unfeature", featured_tags.unfeature, "write:accounts"),
    own_("GET", "/api/v1/followed_tags", tags.followed, "read:follows"),
    own_("GET", "/api/v1/featured_tags", featured_tags.index, "read:accounts"),
    own_("POST", "/api/v1/featured_tags", featured_tags.create, "write:accounts"),
    own_("DELETE", "/api/v1/featured_tags/{id}", featured_tags.delete, "write:accounts"),
    own_("GET", "/api/v1/featured_tags/suggestions", featured_tags.suggestions, "read:accounts"),
    seen("GET", "/api/v2/search", search.index, "read:search"),
    # lists
    own_("GET", "/api/v1/lists", lists.index, "read:lists"),
    own_("POST", "/api/v1/lists", lists.create, "write:lists"),
    own_("GET", "/api/v1/lists/{id}", lists.show, "read:lists"),
    own_("PUT", "/api/v1/lists/{id}", lists.update, "write:lists"),
    own_("DELETE", "/api/v1/lists/{id}", lists.delete, "write:lists"),
    own_("GET", "/api/v1/lists/{id}/accounts", lists.members, "read:lists"),
    own_("POST", "/api/v1/lists/{id}/accounts", lists.add, "write:lists"),
    own_("DELETE", "/api/v1/lists/{id}/accounts", lists.remove, "write:lists"),
    # filters
    own_("GET", "/api/v2/filters", filters.index, "read:filters"),
    own_("POST", "/api/v2/filters", filters.create, "write:filters"),
    own_("GET", "/api/v2/filters/{id}", filters.show, "read:filters"),
    own_("PUT", "/api/v2/filters/{id}", filters.update, "write:filters"),
    own_("DELETE", "/api/v2/filters/{id}", filters.delete, "write:filters"),
    own_("GET", "/api/v2/filters/{id}/keywords", filters.keywords, "read:filters"),
    own_("POST", "/api/v2/filters/{id}/keywords", filters.add_keyword, "write:filters"),
    own_("GET", "/api/v2/filters/{id}/statuses", filters.statuses, "read:filters"),
    own_("POST", "/api/v2/filters/{id}/statuses", filters.add_status, "write:filters"),
    own_("GET", "/api/v2/filters/keywords/{id}", filters.keyword, "read:filters"),
    own_("PUT", "/api/v2/filters/keywords/{id}", filters.update_keyword, "write:filters"),
    own_("DELETE", "/api/v2/filters/keywords/{id}", filters.delete_keyword, "write:filters"),
    own_("GET", "/api/v2/filters/statuses/{id}", filters.status, "read:filters"),
    own_("DELETE", "/api/v2/filters/statuses/{id}", filters.delete_status, "write:filters"),
    own_("GET", "/api/v1/filters", filters_v1.index, "read:filters"),
    own_("POST", "/api/v1/filters", filters_v1.create, "write:filters"),
    own_("GET", "/api/v1/filters/{id}", filters_v1.show, "read:filters"),
    own_("PUT", "/api/v1/filters/{id}", filters_v1.update, "write:filters"),
    own_("DELETE", "/api/v1/filters/{id}", filters_v1.delete, "write:filters"),
    # notifications and conversations
    seen("GET", "/api/v1/notifications", notifications.index, "read:notifications"),
    own_("GET", "/api/v1/notifications/unread_count", notifications.unread, "read:notifications"),
    own_("POST", "/api/v1/notifications/clear", notifications.clear, "write:notifications"),
    seen("GET", "/api/v1/notifications/requests", notification_policies.requests, "read:notifications"),
    own_("GET", "/api/v1/notifications/requests/merged", notification_policies.merged, "read:notifications"),
    own_(
        "POST",
        "/api/v1/notifications/requests/accept",
        notification_policies.accept_several,
        "write:notifications",
    ),
    own_(
        "POST",
        "/api/v1/notifications/requests/dismiss",
        notification_policies.dismiss_several,
        "write:notifications",
    ),
    seen("GET", "/api/v1/notifications/requests/{id}", notification_policies.request, "read:notifications"),
    own_(
        "POST",
        "/api/v1/notifications/requests/{id}/accept",
        notification_policies.accept,
        "write:notifications",
    ),
    own_(
        "POST",
        "/api/v1/notifications/requests/{id}/dismiss",
        notification_policies.dismiss,
        "write:notifications",
    ),
    own_("GET", "/api/v2/notifications/policy", notification_policies.show, "read:notifications"),
    own_("PATCH", "/api/v2/notifications/policy", notification_policies.update, "write:notifications"),
    own_("PUT", "/api/v2/notifications/policy", notification_policies.update, "write:notifications"),
    seen("GET", "/api/v2/notifications", notification_groups.index, "read:notifications"),
    own_("GET", "/api/v2/notifications/unread_count", notification_groups.unread, "read:notifications"),
    seen("GET", "/api/v2/notifications/{key}", notification_groups.show, "read:notifications"),
    seen("GET", "/api/v2/notifications/{key}/accounts", notification_groups.people, "read:notifications"),
    own_("POST", "/api/v2/notifications/{key}/dismiss", notification_groups.dismiss, "write:notifications"),
    seen("GET", "/api/v1/notifications/{id}", notifications.show, "read:notifications"),
    own_("POST", "/api/v1/notifications/{id}/dismiss", notifications.dismiss, "write:notifications"),
    seen("GET", "/api/v1/conversations", conversations.index, "read:statuses"),
    own_("DELETE", "/api/v1/conversations/{id}", conversations.delete, "write:conversations"),
    seen("POST", "/api/v1/conversations/{id}/read", conversations.read, "write:conversations"),
    seen("POST", "/api/v1/conversations/{id}/unread", conversations.unread, "write:conversations"),
    own_("POST", "/api/v1/reports", reports.create, "write:reports"),
    # streams
    public("GET", "/api/v1/streaming/health", server_sent.health, Cache.NEVER),
    stream("", sockets.serve),
    *(
        stream(path)
        for path in (
            "/user",
            "/user/notification",
            "/public",
            "/public/media",
            "/public/local",
            "/public/local/media",
            "/public/remote",
            "/public/remote/media",
            "/hashtag",
            "/hashtag/local",
            "/list",
            "/direct",
        )
    ),
)
