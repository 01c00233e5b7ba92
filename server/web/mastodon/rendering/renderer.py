"""What rendering needs of one call: addresses, the reader, the moment, and the memory of encoded entities."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec

from server.core.i18n import Translator
from server.domain.reads import Depth
from server.domain.viewers import Member
from server.web.kit.call import Call
from server.web.kit.media_links import MediaLinks
from server.web.kit.prepared import Prepared
from server.web.kit.reads import Reads

encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Renderer:
    """viewer_id: 0 for a reader without an account. base, title: the instance's. words: its language, for what is kept for all readers.

    depth: how far a read goes that is noted in `reads` as posts are rendered.
    """

    base: str
    title: str
    words: Translator
    viewer_id: int
    now: datetime
    links: MediaLinks
    prepared: Prepared
    reads: Reads
    depth: Depth = Depth.LISTED

    @classmethod
    def of(cls, call: Call, depth: Depth = Depth.LISTED) -> Renderer:
        viewer = call.viewer
        return cls(
            base=call.context.settings.base,
            title=call.context.settings.title,
            words=call.house.catalogue.translator(),
            viewer_id=viewer.account_id if isinstance(viewer, Member) else 0,
            now=call.context.clock.now(),
            links=MediaLinks(call.context),
            prepared=call.house.prepared,
            reads=call.house.reads,
            depth=depth,
        )


def joined(parts: list[bytes]) -> bytes:
    """Encoded values as one JSON array."""
    return b"[" + b",".join(parts) + b"]"
