"""Pictures of other instances: had once through the guarded client, cleaned like uploads, kept in the vault.

Apps never load them from their origin, which would tell it who reads what. A picture that cannot be had now is
None; it is tried again later, not with every reader.
"""

from __future__ import annotations

from server.domain.posts import Media
from server.web.kit.call import Call
from server.web.kit.media_links import Variant


async def face(_call: Call, _url: str, _kind: str) -> bytes | None:
    """An avatar or header."""
    return None


async def fetch(_call: Call, _one: Media, _variant: Variant) -> str | None:
    """The digest of a post's picture."""
    return None
