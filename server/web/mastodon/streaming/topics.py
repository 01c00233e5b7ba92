"""Which stream an app asks for, by path, query or message, and whether its token may listen to it.

It refuses unknown streams, a tag stream without a tag, a list of somebody else, and what the token's scopes do not cover.
"""

from __future__ import annotations

from collections.abc import Mapping

from server.core.errors import BadRequest, NotFound, NotPermitted
from server.core.i18n import N_
from server.core.ids import decimal
from server.domain.streaming import Stream, Topic
from server.domain.users import Principal
from server.services import streaming
from server.text.mentions import find_tags
from server.web.kit import forms
from server.web.kit.house import House

STATUSES = "read:statuses"
NOTIFICATIONS = "read:notifications"
LISTS = "read:lists"
MEDIA: Mapping[Stream, Stream] = {
    Stream.PUBLIC: Stream.PUBLIC_MEDIA,
    Stream.LOCAL: Stream.LOCAL_MEDIA,
    Stream.REMOTE: Stream.REMOTE_MEDIA,
}
TAGGED = frozenset({Stream.HASHTAG, Stream.HASHTAG_LOCAL})
_NO_SUCH = N_("There is no such stream")


def topic(name: str, asked: Mapping[str, object]) -> Topic:
    """name: of the stream. asked: `tag`, `list`, `only_media`. Raises BadRequest."""
    try:
        stream = Stream(name)
    except ValueError:
        raise BadRequest(_NO_SUCH) from None
    if forms.truth(asked.get("only_media")) is True:
        stream = MEDIA.get(stream, stream)
    if stream in TAGGED:
        return Topic(stream, _tag(asked.get("tag")))
    if stream is Stream.LIST:
        return Topic(stream, _list(asked.get("list")))
    return Topic(stream)


def _tag(given: object) -> str:
    found = find_tags("#" + given.removeprefix("#")) if isinstance(given, str) else []
    if len(found) != 1:
        raise BadRequest("A stream of a tag must name one tag")
    return found[0]


def _list(given: object) -> str:
    text = str(given) if isinstance(given, str | int) else ""
    found = decimal(text)
    if found is None:
        raise BadRequest("A stream of a list must name a list")
    return str(found)


def scope_of(topic: Topic) -> str:
    """What a token must allow."""
    match topic.stream:
        case Stream.NOTIFICATIONS:
            return NOTIFICATIONS
        case Stream.LIST:
            return LISTS
        case _:
            return STATUSES


async def permit(house: House, principal: Principal, wanted: Topic) -> None:
    """Raises NotPermitted, NotFound."""
    if not principal.allows(scope_of(wanted)):
        raise NotPermitted("This action is outside the authorized scopes")
    if principal.account_id is None:
        raise NotFound
    await house.units.read(streaming.check, principal.account_id, wanted)
