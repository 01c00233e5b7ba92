"""What the instance says of itself, and the questions that a closed house answers with nothing."""

from __future__ import annotations

from functools import cache
from html import escape
from importlib.metadata import PackageNotFoundError, version

from starlette.responses import Response

from server.core.clock import iso
from server.core.i18n import LANGUAGES, N_
from server.media.limits import RecordingLimits
from server.media.recordings import SOUND_TYPES, VIDEO_TYPES
from server.services import featured_tags, media, polls, push
from server.services.posts import writing
from server.text.length import URL_LENGTH
from server.web.kit import responses
from server.web.kit.call import Call
from server.web.mastodon.entities import house as entities

MOST_FEATURED = featured_tags.MOST
SPEAKS = "4.3.0"
"""The Mastodon release whose API apps may expect: from 4.3 on they ask for grouped notifications and their policy."""
API_VERSION = 2
"""The same by the number that newer apps compare."""
SOURCE_URL = "https://www.w3.org/TR/activitypub/"
MAX_CHARACTERS = writing.MAX_CHARACTERS
MAX_MEDIA = media.MEDIA_LIMIT
MAX_DESCRIPTION = media.DESCRIPTION_LIMIT
RESERVED_PER_URL = URL_LENGTH
IMAGE_TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp", "image/heic", "image/heif", "image/avif")
RECORDING_LIMITS = RecordingLimits()
IMAGE_BYTES = 16 * 1024 * 1024
IMAGE_PIXELS = 33_177_600

EVALUATION = N_("This instance is for evaluation only: no patient data.")
ABOUT = N_("A closed instance for medical colleagues. Accounts are given by invitation.")
PRIVACY = N_(
    "Posts stay on this instance and on those that it is connected with; apps and pages are not measured."
)
EVALUATION_RULE = N_("No patient data while this instance is in evaluation mode.")
RULES = (
    N_(
        "Nothing that identifies a patient. A post in a group that is reported under this rule is hidden at once."
    ),
    EVALUATION_RULE,
    N_("Treat colleagues and the cases they discuss with respect and discretion."),
)


@cache
def software_version() -> str:
    """The installed release."""
    try:
        return version("consilium")
    except PackageNotFoundError:
        return "0"


def statuses_configuration() -> entities.StatusesConfiguration:
    return entities.StatusesConfiguration(MAX_CHARACTERS, MAX_MEDIA, RESERVED_PER_URL)


def media_configuration(call: Call) -> entities.MediaConfiguration:
    """Limits of video are zero where there is no ffmpeg: video is refused."""
    there = call.house.recordings.is_there()
    limits = RECORDING_LIMITS if there else RecordingLimits(input_bytes=0, pixels=0, frame_rate=0)
    recorded = (*VIDEO_TYPES, *SOUND_TYPES) if there else ()
    return entities.MediaConfiguration(
        supported_mime_types=[*IMAGE_TYPES, *recorded],
        description_limit=MAX_DESCRIPTION,
        image_size_limit=IMAGE_BYTES,
        image_matrix_limit=IMAGE_PIXELS,
        video_size_limit=limits.input_bytes,
        video_frame_rate_limit=limits.frame_rate,
        video_matrix_limit=limits.pixels,
    )


def polls_configuration() -> entities.PollsConfiguration:
    return entities.PollsConfiguration(
        polls.MAX_OPTIONS,
        polls.MAX_OPTION_LENGTH,
        int(polls.SHORTEST.total_seconds()),
        int(polls.LONGEST.total_seconds()),
    )


def description(call: Call) -> str:
    sentences = (ABOUT, EVALUATION) if call.house.evaluation.on else (ABOUT,)
    return " ".join(call.translator.gettext(sentence) for sentence in sentences)


def rule_entities(call: Call) -> list[entities.Rule]:
    """Each keeps its number, by which reports name it."""
    return [
        entities.Rule(str(number), call.translator.gettext(text))
        for number, text in enumerate(RULES, 1)
        if text != EVALUATION_RULE or call.house.evaluation.on
    ]


def spoken_version() -> str:
    return f"{SPEAKS} (compatible; Consilium {software_version()})"


def streaming(call: Call) -> str:
    settings = call.context.settings
    return f"{'wss' if settings.scheme == 'https' else 'ws'}://{settings.domain}"


async def show_v2(call: Call) -> Response:
    """GET /api/v2/instance."""
    settings = call.context.settings
    image = settings.base + "/static/thumbnail.png"
    signed_in = entities.Feeds("authenticated", "authenticated")
    shown = entities.Feeds("public", "authenticated") if settings.public_pages else signed_in
    return responses.json(
        entities.InstanceV2(
            domain=settings.domain,
            title=settings.title,
            version=spoken_version(),
            source_url=SOURCE_URL,
            description=description(call),
            usage=entities.Usage(entities.Users(0)),
            thumbnail=entities.Thumbnail(image, None, {"@1x": image}),
            icon=[entities.Icon(settings.base + "/static/avatar.png", "192x192")],
            languages=list(LANGUAGES),
            configuration=entities.Configuration(
                urls=entities.Urls(streaming=streaming(call), about=settings.base + "/about"),
                vapid=entities.Vapid(push.public_key(call.context)),
                accounts=entities.AccountsConfiguration(MOST_FEATURED, 5),
                statuses=statuses_configuration(),
                media_attachments=media_configuration(call),
                polls=polls_configuration(),
                translation=entities.TranslationConfiguration(enabled=False),
                timelines_access=entities.TimelinesAccess(shown, shown, signed_in),
                limited_federation=True,
            ),
            registrations=entities.Registrations(
                enabled=False, approval_required=True, reason_required=False, message=None, url=None
            ),
            contact=entities.Contact(settings.contact_email, None),
            rules=rule_entities(call),
            api_versions=entities.ApiVersions(API_VERSION),
        )
    )


async def show_v1(call: Call) -> Response:
    """GET /api/v1/instance. Counts are not told: how many work here is nobody's business."""
    settings = call.context.settings
    return responses.json(
        entities.InstanceV1(
            uri=settings.domain,
            title=settings.title,
            short_description=description(call),
            description=description(call),
            email=settings.contact_email,
            version=spoken_version(),
            urls=entities.StreamingUrl(streaming(call)),
            stats=entities.Stats(0, 0, 0),
            thumbnail=settings.base + "/static/thumbnail.png",
            languages=list(LANGUAGES),
            registrations=False,
            approval_required=True,
            invites_enabled=False,
            configuration=entities.ConfigurationV1(
                entities.AccountsConfiguration(MOST_FEATURED, 5),
                statuses_configuration(),
                media_configuration(call),
                polls_configuration(),
            ),
            contact_account=None,
            rules=rule_entities(call),
            max_toot_chars=MAX_CHARACTERS,
        )
    )


async def rules(call: Call) -> Response:
    """GET /api/v1/instance/rules."""
    return responses.json(rule_entities(call))


async def extended_description(call: Call) -> Response:
    """GET /api/v1/instance/extended_description."""
    text = f"<p>{escape(description(call))}</p>"
    return responses.json(entities.Page(iso(call.context.clock.now()), text))


async def nothing(_call: Call) -> Response:
    """An empty list: for what this house does not keep (trends, peers) but apps ask for."""
    return responses.json([])


async def languages(_call: Call) -> Response:
    """GET /api/v1/instance/languages."""
    return responses.json([{"code": code, "name": name} for code, name in LANGUAGES.items()])


async def privacy_policy(call: Call) -> Response:
    """GET /api/v1/instance/privacy_policy."""
    text = call.translator.gettext(PRIVACY)
    return responses.json(entities.Page(iso(call.context.clock.now()), f"<p>{escape(text)}</p>"))


async def no_translations(_call: Call) -> Response:
    """GET /api/v1/instance/translation_languages: posts are sent to no translator."""
    return responses.json({})
