"""What a member's browser may keep of groups, where the institution allows it (CONSILIUM_OFFLINE_GROUPS).

Every page says for whom the browser may hold kept ones: a value that is another after signing in again, for another person, when
a membership begins or ends, and when a post in one of the groups is said to identify a patient. The service worker erases
what it holds as soon as a page says another value, or none. Shared caches keep nothing either way: pages stay `no-store`.
"""

from __future__ import annotations

import hashlib

from server.domain.signin import Stage, WebSession
from server.services import offline
from server.web.kit.call import Call

READER, KEEP = "Consilium-Reader", "Consilium-Keep"
PURPOSE = "offline"


async def reader(call: Call, session: WebSession) -> str:
    """Empty where nothing is kept."""
    if not call.context.settings.offline_groups or session.stage is not Stage.FULL:
        return ""
    said = f"{session.id} {await call.read(offline.what_counts, session.account_id)}"
    key = call.context.sealer.derive(PURPOSE)
    return hashlib.blake2b(said.encode(), key=key, digest_size=16).hexdigest()
