"""What the instance says of itself."""

from __future__ import annotations

from server.web.mastodon.entities.accounts import Account
from server.web.mastodon.entities.base import Entity


class Rule(Entity):
    id: str
    text: str
    hint: str = ""


class Thumbnail(Entity):
    url: str
    blurhash: str | None
    versions: dict[str, str]


class Urls(Entity):
    streaming: str
    status: str | None = None
    about: str | None = None
    privacy_policy: str | None = None
    terms_of_service: str | None = None


class Vapid(Entity):
    public_key: str


class AccountsConfiguration(Entity):
    max_featured_tags: int
    max_pinned_statuses: int


class StatusesConfiguration(Entity):
    max_characters: int
    max_media_attachments: int
    characters_reserved_per_url: int


class MediaConfiguration(Entity):
    supported_mime_types: list[str]
    description_limit: int
    image_size_limit: int
    image_matrix_limit: int
    video_size_limit: int
    video_frame_rate_limit: int
    video_matrix_limit: int


class PollsConfiguration(Entity):
    max_options: int
    max_characters_per_option: int
    min_expiration: int
    max_expiration: int


class TranslationConfiguration(Entity):
    enabled: bool


class Feeds(Entity):
    local: str
    remote: str


class TimelinesAccess(Entity):
    live_feeds: Feeds
    hashtag_feeds: Feeds
    trending_link_feeds: Feeds


class Configuration(Entity):
    urls: Urls
    vapid: Vapid
    accounts: AccountsConfiguration
    statuses: StatusesConfiguration
    media_attachments: MediaConfiguration
    polls: PollsConfiguration
    translation: TranslationConfiguration
    timelines_access: TimelinesAccess
    limited_federation: bool


class Registrations(Entity):
    enabled: bool
    approval_required: bool
    reason_required: bool
    message: str | None
    url: str | None


class Contact(Entity):
    email: str
    account: Account | None


class Users(Entity):
    active_month: int


class Usage(Entity):
    users: Users


class Icon(Entity):
    src: str
    size: str


class ApiVersions(Entity):
    """mastodon: 2 is the client API of Mastodon 4.3."""

    mastodon: int


class InstanceV2(Entity):
    domain: str
    title: str
    version: str
    source_url: str
    description: str
    usage: Usage
    thumbnail: Thumbnail
    icon: list[Icon]
    languages: list[str]
    configuration: Configuration
    registrations: Registrations
    contact: Contact
    rules: list[Rule]
    api_versions: ApiVersions


class StreamingUrl(Entity):
    streaming_api: str


class Stats(Entity):
    user_count: int
    status_count: int
    domain_count: int


class ConfigurationV1(Entity):
    accounts: AccountsConfiguration
    statuses: StatusesConfiguration
    media_attachments: MediaConfiguration
    polls: PollsConfiguration


class InstanceV1(Entity):
    """uri: the bare domain."""

    uri: str
    title: str
    short_description: str
    description: str
    email: str
    version: str
    urls: StreamingUrl
    stats: Stats
    thumbnail: str
    languages: list[str]
    registrations: bool
    approval_required: bool
    invites_enabled: bool
    configuration: ConfigurationV1
    contact_account: Account | None
    rules: list[Rule]
    max_toot_chars: int


class Page(Entity):
    """Extended description, privacy policy."""

    updated_at: str
    content: str
