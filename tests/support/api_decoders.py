"""What the decoders of apps ask for, independent of the entities that the server encodes with: fields without which an app
shows nothing, ids of decimal digits, times with milliseconds and Z, absolute addresses.

After what Ice Cubes, Tusky, Phanpy, Elk and toot read, in the versions of 2026.
"""

from __future__ import annotations

import re
from typing import Any

FIELDS = {
    "Account": (
        "id username acct display_name note url avatar avatar_static header header_static locked bot created_at "
        "followers_count following_count statuses_count fields emojis last_status_at group discoverable"
    ),
    "CredentialAccount": "id username acct source",
    "Status": (
        "id uri url created_at account content visibility sensitive spoiler_text media_attachments mentions tags emojis "
        "replies_count reblogs_count favourites_count reblog in_reply_to_id in_reply_to_account_id language poll card "
        "edited_at favourited reblogged bookmarked muted filtered"
    ),
    "Relationship": (
        "id following showing_reblogs notifying followed_by blocking blocked_by muting muting_notifications requested "
        "domain_blocking endorsed note requested_by languages"
    ),
    "Poll": "id expires_at expired multiple votes_count voters_count voted own_votes options emojis",
    "Mention": "id username url acct",
    "Tag": "name url",
    "MediaAttachment": "id type url preview_url meta description blurhash",
    "Notification": "id type created_at account group_key",
    "Marker": "last_read_id version updated_at",
    "Conversation": "id unread accounts last_status",
    "UserList": "id title replies_policy exclusive",
    "Context": "ancestors descendants",
    "Search": "accounts statuses hashtags",
    "InstanceV1": "uri version urls configuration",
    "InstanceV2": "title domain version registrations thumbnail contact configuration rules",
}
INSIDE = {
    "Status": {
        "account": "Account",
        "reblog": "Status",
        "mentions": "Mention",
        "tags": "Tag",
        "poll": "Poll",
        "media_attachments": "MediaAttachment",
    },
    "Notification": {"account": "Account", "status": "Status"},
    "Conversation": {"accounts": "Account", "last_status": "Status"},
    "Context": {"ancestors": "Status", "descendants": "Status"},
    "Search": {"accounts": "Account", "statuses": "Status", "hashtags": "Tag"},
    "GroupedNotifications": {"accounts": "Account", "statuses": "Status"},
    "Markers": {"home": "Marker", "notifications": "Marker"},
}
IDS = re.compile(r"id|[a-z_]+_id")
NUMBERED = re.compile(r"-?[0-9]+")
NOT_NUMBERED = {"client_id", "version_id", "page_min_id", "page_max_id"}
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
ADDRESSES = {"url", "avatar", "avatar_static", "header", "header_static", "preview_url", "static_url"}


def decode(entity: str, value: Any, where: str) -> None:
    """entity: the name of what the answer is, or of what it lists. Raises AssertionError where an app would stop."""
    if isinstance(value, list):
        for each in value:
            decode(entity, each, where)
    elif isinstance(value, dict):
        lacking = set(FIELDS.get(entity, "").split()) - value.keys()
        assert not lacking, f"{where}: a {entity} without {sorted(lacking)}"
        for name, held in value.items():
            _look(name, held, f"{where} {entity}.{name}")
            decode(INSIDE.get(entity, {}).get(name, ""), held, where)


def _look(name: str, value: Any, where: str) -> None:
    if not isinstance(value, str) or not value:
        return
    if IDS.fullmatch(name) and name not in NOT_NUMBERED:
        assert NUMBERED.fullmatch(value), f"{where}: {value[:80]!r} is no decimal id"
    elif name.endswith("_at") and name != "last_status_at":
        assert TIME.fullmatch(value), f"{where}: {value[:80]!r} is no time with milliseconds and Z"
    elif name in ADDRESSES:
        assert value.startswith(("https://", "http://")), f"{where}: {value[:80]!r} is no absolute address"
