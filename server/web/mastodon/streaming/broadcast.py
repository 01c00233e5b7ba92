"""Turns changes that were committed, here or in another process, into what each open stream is told.

Changes are hints: the rows decide, read anew for each reader through the visibility predicate. Encoding is shared: an
event is encoded once for all readers for whom it is the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime

from server.core.log import logger
from server.domain.changes import STREAMED, Change, ChangeKind
from server.domain.streaming import Gone, Stream, StreamEvent, Topic
from server.domain.users import Principal
from server.domain.viewers import Member
from server.pubsub.hub import Hub, OpenStream, Told
from server.services import streaming
from server.services.posts import visible
from server.services.streaming import Arrival
from server.web.kit.auth import concerns
from server.web.kit.house import House
from server.web.kit.media_links import MediaLinks
from server.web.kit.sight import Sight, see
from server.web.kit.unit import Unit
from server.web.mastodon import conversations, notifications
from server.web.mastodon.conversations import Talk
from server.web.mastodon.notifications import Told as ToldOf
from server.web.mastodon.rendering import statuses
from server.web.mastodon.rendering.renderer import Renderer
from server.web.mastodon.streaming import topics
from server.web.mastodon.streaming.server_sent import THUMP

log = logger("streaming")

BEAT_SECONDS = 15
READERS_AT_ONCE = 50
MOST_WAITING = 10_000
HOME = Topic(Stream.USER)
NOTIFICATIONS = Topic(Stream.NOTIFICATIONS)
DIRECT = Topic(Stream.DIRECT)


class Broadcast:
    """One for a process. `heard` takes changes, on the event loop; `run` tells what they mean."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._hub: Hub = house.hub
        self._waiting: asyncio.Queue[Change] = asyncio.Queue()
        self._asking: set[asyncio.Task[None]] = set()

    def heard(self, changes: Iterable[Change]) -> None:
        """Proofs are asked for again at once; what is to be told waits its turn."""
        if not self._hub:
            return
        for change in changes:
            if change.kind is ChangeKind.EVERYTHING or self._waiting.qsize() > MOST_WAITING:
                self._hub.end_all()
                return
            self._ask_again(change)
            if change.kind in STREAMED or change.kind is ChangeKind.FILTERS:
                self._waiting.put_nowait(change)

    async def run(self) -> None:
        await asyncio.gather(self._tell_all(), self._beat())

    async def _tell_all(self) -> None:
        while True:
            change = await self._waiting.get()
            if not self._hub:
                continue
            try:
                await self._tell(change)
            except Exception as error:  # noqa: BLE001  one event less is better than no more events
                log.error("streaming.failed", kind=change.kind.value, error=type(error).__name__)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            now = self._house.context.clock.now()
            for stream in self._hub.expire(lambda who, now=now: _is_over(who, now)):  # type: ignore[misc]
                if stream.beats:
                    stream.push(THUMP)

    # -- who still may listen ------------------------------------------------------------------------

    def _ask_again(self, change: Change) -> None:
        if change.kind in STREAMED:
            return
        for stream in self._hub.all():
            if concerns(change, stream.principal):
                task = asyncio.get_running_loop().create_task(self._prove(stream))
                self._asking.add(task)
                task.add_done_callback(self._asking.discard)

    async def _prove(self, stream: OpenStream) -> None:
        try:
            principal = await self._house.principals.believe(stream.token)
        except Exception as error:  # noqa: BLE001  who cannot be proven is cut off
            log.error("streaming.unproven", error=type(error).__name__)
            principal = None
        if principal is None or principal.account_id != stream.principal.account_id:
            stream.end()
        else:
            stream.principal = principal

    # -- what is told --------------------------------------------------------------------------------

    async def _tell(self, change: Change) -> None:
        match change.kind:
            case ChangeKind.POST:
                await self._post(int(change.key), StreamEvent.UPDATE)
            case ChangeKind.POST_EDITED:
                await self._post(int(change.key), StreamEvent.STATUS_UPDATE)
            case ChangeKind.POST_GONE:
                await self._gone(Gone.of(change.key))
            case ChangeKind.NOTIFICATION:
                await self._notification(*map(int, change.key.split()))
            case ChangeKind.CONVERSATION:
                await self._conversation(*map(int, change.key.split()))
            case ChangeKind.FILTERS:
                for topic in (HOME, NOTIFICATIONS):
                    told = Told.of(topic, StreamEvent.FILTERS_CHANGED, b"")
                    self._hub.push(int(change.key), topic, told, topics.scope_of(topic))
            case _:
                return

    async def _post(self, post_id: int, event: StreamEvent) -> None:
        listening = self._hub.topics(lambda topic: topic not in {NOTIFICATIONS, DIRECT})
        if not listening:
            return
        units = self._house.units
        wanted = list((await units.read(streaming.readers, post_id, listening)).items())
        made: dict[tuple[Topic, bytes], Told] = {}
        for start in range(0, len(wanted), READERS_AT_ONCE):
            some = wanted[start : start + READERS_AT_ONCE]
            for arrival in await units.read(streaming.arrivals, post_id, some):
                body = await self._body(arrival)
                if body is None:
                    continue
                for topic in arrival.topics:
                    told = made.get((topic, body))
                    if told is None:
                        told = made[topic, body] = Told.of(topic, event, body)
                    self._hub.push(arrival.account_id, topic, told, topics.scope_of(topic))

    async def _body(self, arrival: Arrival) -> bytes | None:
        renderer = self._renderer(arrival.account_id)
        body = None if arrival.filtering else statuses.from_outline(renderer, arrival.outline)
        if body is not None:
            return body
        sight = await self._house.units.read(_whole, Member(arrival.account_id), arrival.outline.id)
        return statuses.status(renderer, sight.only, sight) if sight.posts else None

    async def _gone(self, gone: Gone) -> None:
        everybody = self._hub.topics(gone.was_on)
        ids = list(everybody)
        hearing = await self._house.units.read(streaming.hear_of_gone, gone, ids) if ids else set()
        made: dict[Topic, Told] = {}
        for account_id in hearing:
            for topic in everybody[account_id] - {NOTIFICATIONS, DIRECT}:
                if topic not in made:
                    made[topic] = Told.of(topic, StreamEvent.DELETE, str(gone.post_id).encode())
                self._hub.push(account_id, topic, made[topic], topics.scope_of(topic))

    async def _notification(self, account_id: int, notification_id: int) -> None:
        if not self._hub.of(account_id):
            return
        told_of = await self._house.units.read(_notification, account_id, notification_id)
        if told_of is None or told_of.items[0].from_id not in told_of.accounts:
            return
        body = notifications.rendered(self._renderer(account_id), told_of.items[0], told_of)
        for topic in (HOME, NOTIFICATIONS):
            told = Told.of(topic, StreamEvent.NOTIFICATION, body)
            self._hub.push(account_id, topic, told, topics.NOTIFICATIONS)

    async def _conversation(self, account_id: int, post_id: int) -> None:
        if not any(DIRECT in stream.topics for stream in self._hub.of(account_id)):
            return
        talk = await self._house.units.read(_conversation, account_id, post_id)
        if talk is None:
            return
        body = conversations.rendered(self._renderer(account_id), talk.pairs[0], talk)
        told = Told.of(DIRECT, StreamEvent.CONVERSATION, body)
        self._hub.push(account_id, DIRECT, told, topics.scope_of(DIRECT))

    def _renderer(self, account_id: int) -> Renderer:
        context = self._house.context
        return Renderer(
            base=context.settings.base,
            title=context.settings.title,
            words=self._house.catalogue.translator(),
            viewer_id=account_id,
            now=context.clock.now(),
            links=MediaLinks(context),
            prepared=self._house.prepared,
            reads=self._house.reads,
        )


def _is_over(principal: Principal, now: datetime) -> bool:
    return principal.expires_at is not None and principal.expires_at <= now


def _whole(unit: Unit, viewer: Member, post_id: int) -> Sight:
    return see(unit, viewer, list(visible.visible_posts(unit, viewer, [post_id]).values()))


def _notification(unit: Unit, account_id: int, notification_id: int) -> ToldOf | None:
    found = streaming.notification(unit, account_id, notification_id)
    return None if found is None else notifications.told_of(unit, account_id, [found])


def _conversation(unit: Unit, account_id: int, post_id: int) -> Talk | None:
    found = streaming.conversation(unit, account_id, post_id)
    return None if found is None else conversations.talk_of(unit, Member(account_id), [found])
