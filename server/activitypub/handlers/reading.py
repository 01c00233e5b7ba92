"""From a vocabulary object to what services receive. It refuses nothing that can be shown without it."""

from __future__ import annotations

from datetime import datetime

from federation.audience import read_audience
from federation.iri import origin_of
from federation.types import Iri
from federation.vocab.links import Hashtag, Media, Mention
from federation.vocab.objects import Object, Question
from server.domain.accounts import Account
from server.domain.boundary import MediaKind
from server.domain.posts import PollOption, PostKind, Visibility
from server.services.posts.receive import Incoming, IncomingMedia, IncomingPoll

IMAGES = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif", "image/avif", "image/heic"})
RECORDINGS = {"Video": "video/mp4", "Audio": "audio/mp4"}
"""What an attachment of these types is where it does not say."""
RECORDED = {"video": MediaKind.VIDEO, "audio": MediaKind.AUDIO}
OPEN = frozenset({Visibility.PUBLIC, Visibility.UNLISTED})
KINDS = {"Article": PostKind.ARTICLE, "Question": PostKind.QUESTION}
ARTICLES = frozenset({"Article", "Page"})
LANGUAGE_LENGTH = 16


def visibility_of(thing: Object, author: Account) -> Visibility:
    """Whom the addresses of an object reach."""
    audience = read_audience(thing.to, thing.cc, author.followers_uri)
    return Visibility(audience.visibility.value)


def incoming(thing: Object, author: Account, arrived_at: datetime) -> Incoming:
    """thing: with an id, of this author; from the author's origin. arrived_at: its time where it states none."""
    assert thing.id is not None
    mentioned = tuple(tag.href for tag in thing.tag if isinstance(tag, Mention))
    visibility = visibility_of(thing, author)
    # NodeBB names the community of a post for everybody there, and nowhere else
    about = thing.audience if visibility in OPEN else ()
    named = {
        iri
        for iri in (*thing.to, *thing.cc, *about)
        if iri != author.followers_uri and not iri.endswith("#Public")
    }
    language = thing.language
    # of an article the summary is what it begins with, and no warning
    excerpt = thing.summary if thing.type in ARTICLES and not thing.sensitive else None
    summary = "" if excerpt else thing.summary or ""
    return Incoming(
        uri=thing.id,
        url=_page_of(thing.id, thing.url),
        kind=KINDS.get(thing.type, PostKind.NOTE),
        visibility=visibility,
        summary=summary,
        title=thing.name or "",
        content=thing.content or excerpt or "",
        language=language[:LANGUAGE_LENGTH] if language else None,
        sensitive=thing.sensitive or bool(summary),
        tags=tuple(tag.name.removeprefix("#") for tag in thing.tag if isinstance(tag, Hashtag)),
        # a mention counts only for those who were addressed: a name in the text reaches nobody by itself
        mentions=tuple(iri for iri in mentioned if iri in named),
        addressed=tuple(sorted(named - set(mentioned))),
        media=_media(thing),
        poll=_poll(thing),
        in_reply_to_uri=thing.in_reply_to,
        published_at=thing.published or arrived_at,
        updated_at=thing.updated,
    )


def _page_of(uri: Iri, page: Iri | None) -> Iri:
    """The human page; another host's address is not believed: posts are found by it, and people follow it."""
    return page if page is not None and origin_of(page) == origin_of(uri) else uri


def _media(thing: Object) -> tuple[IncomingMedia, ...]:
    return tuple(
        IncomingMedia(
            url=media.url,
            mime=_mime_of(media),
            description=media.name or "",
            blurhash=media.blurhash,
            width=media.width or 0,
            height=media.height or 0,
            focus_x=round((media.focal_point or (0, 0))[0] * 1000),
            focus_y=round((media.focal_point or (0, 0))[1] * 1000),
        )
        for media in thing.attachment
        if is_picture(media) or _recorded(media)
    )


def is_picture(media: Media) -> bool:
    return (media.type == "Image" or media.media_type in IMAGES) and _recorded(media) is None


def _mime_of(media: Media) -> str:
    return (media.media_type or RECORDINGS.get(media.type, "image/jpeg")).lower()


def _recorded(media: Media) -> MediaKind | None:
    """Whether it is video or sound."""
    return RECORDED.get(_mime_of(media).partition("/")[0])


def kinds_of(thing: Object) -> frozenset[MediaKind]:
    """What is attached, as the policy is told."""
    return frozenset(_recorded(media) or MediaKind.IMAGE for media in thing.attachment)


def _poll(thing: Object) -> IncomingPoll | None:
    if not isinstance(thing, Question) or not (thing.one_of or thing.any_of):
        return None
    closed = thing.closed
    return IncomingPoll(
        options=tuple(PollOption(option.name, option.votes or 0) for option in thing.any_of or thing.one_of),
        multiple=bool(thing.any_of),
        expires_at=thing.end_time,
        closed_at=thing.updated if closed is True else (closed or None),
        voters_count=thing.voters_count or 0,
    )
