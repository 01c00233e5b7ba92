"""What members-only groups exchange: to a group of ours, and from a group elsewhere.

Once an activity concerns such a group, these tables decide, and nothing else: what they do not hold, and whatever did
not come as the profile demands, has no effect. Nothing falls through to the handlers of ordinary posts.
"""

from __future__ import annotations

from server.activitypub.handlers.arrived import Handler

TO_GROUP: dict[str, Handler] = {}
"""By type: said by anybody, about or to a members-only group that lives here."""

FROM_GROUP: dict[str, Handler] = {}
"""By type: said by a members-only group elsewhere."""
