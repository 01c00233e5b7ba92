"""Which Content-Type makes an answer an ActivityPub document: anything else is an upload, a page or an accident."""

from __future__ import annotations

from email.message import Message
from functools import lru_cache
from typing import Final

PROFILE: Final = "https://www.w3.org/ns/activitystreams"
ACCEPT: Final = f'application/activity+json, application/ld+json; profile="{PROFILE}"'


def is_activity_type(content_type: str | None) -> bool:
    """Whether a Content-Type is one of ActivityPub's two."""
    return content_type is not None and len(content_type) <= 512 and _is_activity_type(content_type)


@lru_cache(maxsize=256)
def _is_activity_type(content_type: str) -> bool:
    parsed = Message()
    parsed["content-type"] = " ".join(content_type.split())
    kind = parsed.get_content_type()
    if kind == "application/activity+json":
        return True
    return kind == "application/ld+json" and PROFILE in str(parsed.get_param("profile") or "").split()
