"""Settings, from the environment or a TOML file named by CONSILIUM_CONFIG. The environment wins.

Read once at start and frozen. It refuses values that would be unsafe (plain http outside loopback) with a
sentence that says what to set instead.
"""

from __future__ import annotations

import ipaddress
import os
from enum import StrEnum
from pathlib import Path
from typing import Literal
from urllib.parse import quote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from federation.errors import Malformed
from federation.iri import canonical_origin
from federation.types import Origin
from server.core.errors import SettingsError
from server.core.i18n import N_

SHORTEST_LOGS = 365


class PostsCeiling(StrEnum):
    """What a post may reach without a group."""

    GROUPS = "groups"
    FOLLOWERS = "followers"
    PUBLIC = "public"


class Push(StrEnum):
    """Whether devices are told of notifications, and with what."""

    ON = "on"
    WITHOUT_TOKEN = "without-token"  # noqa: S105  a word
    OFF = "off"


class Settings(BaseSettings):
    """Every setting of an instance. Lists are comma-separated."""

    model_config = SettingsConfigDict(
        env_prefix="CONSILIUM_", frozen=True, extra="forbid", env_ignore_empty=True
    )

    domain: str = Field(
        default="localhost:8000",
        description=N_(
            "Host name of the instance, with the port where it is not 443. Cannot change after the first start."
        ),
    )
    scheme: Literal["https", "http"] = Field(
        default="https",
        description=N_(
            "`https`. `http` is accepted for loopback names, `.localhost`, and hosts in CONSILIUM_DANGEROUS_PRIVATE_ADDRESSES."
        ),
    )
    title: str = Field(
        default="Consilium",
        description=N_("Name of the instance, shown in apps and on pages."),
        max_length=100,
    )
    contact_email: str = Field(
        default="", description=N_("Address for questions, shown to members in apps and on pages.")
    )
    dangerous_private_addresses: str = Field(
        default="",
        description=N_(
            "Networks, hosts or host:port that the instance may dial although they are private. Empty in production."
        ),
    )
    data_dir: Path = Field(default=Path("./data"), description=N_("Folder for the database, media and keys."))
    database_url: str = Field(
        default="",
        description=N_("`postgresql://…` for PostgreSQL; empty for SQLite inside the data folder."),
    )
    redis_url: str = Field(
        default="", description=N_("`redis://…` when worker processes share the work; empty for none.")
    )
    secret_file: Path | None = Field(
        default=None,
        description=N_("File with the instance's secret; `secret` inside the data folder when unset."),
    )
    purge_register: Path | None = Field(
        default=None,
        description=N_(
            "File with what was taken away, read again when a backup is put back; keep it on another disk. `purges.jsonl` inside the data folder when unset."
        ),
    )
    backup_recipients: str = Field(
        default="",
        description=N_(
            "Recipients of age (`age1…`), separated by commas, to whom backups are encrypted; empty: backups are readable."
        ),
    )
    ca_file: Path | None = Field(
        default=None, description=N_("Extra certificate authorities (PEM) for outgoing TLS.")
    )
    http_proxy: str = Field(default="", description=N_("Proxy that all outgoing requests go through."))
    trusted_proxies: str = Field(
        default="",
        description=N_("Addresses or networks of reverse proxies whose X-Forwarded-For is believed."),
    )
    metrics_bind: str = Field(
        default="", description=N_("host:port of a second listener that serves /metrics.")
    )
    metrics_token: str = Field(
        default="", description=N_("Bearer token that opens /metrics on the main listener.")
    )
    smtp_url: str = Field(
        default="", description=N_("`smtp://user:password@host:port` or `smtps://…`; empty: no mail.")
    )
    mail_from: str = Field(default="", description=N_("Sender address of mail."))
    language: str = Field(
        default="en", description=N_("Language where a person has chosen none: `en` or `fr`.")
    )
    timezone: str = Field(
        default="UTC", description=N_("Time zone where a person has chosen none, such as `Europe/Paris`.")
    )
    posts: PostsCeiling = Field(
        default=PostsCeiling.FOLLOWERS,
        description=N_(
            "What a post may reach without a group: `groups` (direct messages only), `followers` or `public`."
        ),
    )
    public_pages: bool = Field(
        default=False, description=N_("`on` shows public posts to visitors who are not signed in.")
    )
    offline_groups: bool = Field(
        default=False,
        description=N_(
            "`on` lets the browsers of members keep the pages of groups that they opened, for 24 hours at most, to be read without a connection."
        ),
    )
    push: Push = Field(
        default=Push.ON,
        description=N_(
            "Push messages to members' devices: `on`, `without-token` (some apps then do not show them) or `off`."
        ),
    )
    log_retention_days: int = Field(
        default=0,
        description=N_(
            "Days for which the audit and decision logs are kept, at least 365; 0: for ever. Older whole days go, in the order of their seals."
        ),
        ge=0,
        le=36_500,
    )
    rate_limits: bool = Field(default=True, description=N_("`off` for benchmarks only."))
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description=N_("What the log holds.")
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  the signature is pydantic's
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        file = os.environ.get("CONSILIUM_CONFIG")
        sources: tuple[PydanticBaseSettingsSource, ...] = (init_settings, env_settings)
        return (*sources, TomlConfigSettingsSource(settings_cls, toml_file=file)) if file else sources

    @field_validator("domain")
    @classmethod
    def _canonical_domain(cls, value: str) -> str:
        try:
            return canonical_origin(value)
        except Malformed:
            raise ValueError(
                "is not a host name, with a port where needed, such as cases.hospital.example"
            ) from None

    @field_validator("log_retention_days")
    @classmethod
    def _a_year_at_least(cls, value: int) -> int:
        if 0 < value < SHORTEST_LOGS:
            raise ValueError("is 0, for ever, or at least 365 days")
        return value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError("is not a time zone such as Europe/Paris") from None
        return value

    @property
    def origin(self) -> Origin:
        return Origin(self.domain)

    @property
    def base(self) -> str:
        """The instance's own URL, without a slash at the end."""
        return f"{self.scheme}://{self.domain}"

    def scheme_of(self, origin: Origin) -> Literal["https", "http"]:
        """Plain http only for names that this machine itself answers for, as the settings allow for ourselves."""
        host = origin.rsplit(":", 1)[0]
        local = host == "localhost" or host.endswith(".localhost") or host in self.private_exceptions
        plain = self.scheme == "http" and (local or origin in self.private_exceptions)
        return "http" if plain else "https"

    @property
    def sqlalchemy_url(self) -> str:
        if self.database_url:
            # the bare scheme would mean psycopg 2, which is not among our dependencies
            scheme, separator, rest = self.database_url.partition("://")
            driver = "postgresql+psycopg" if scheme in {"postgresql", "postgres"} else scheme
            return driver + separator + rest
        return f"sqlite:///{quote(str(self.sqlite_file.absolute()))}"

    @property
    def sqlite_file(self) -> Path:
        """Where the database is, unless `database_url` names another."""
        return self.data_dir / "consilium.sqlite"

    @property
    def private_exceptions(self) -> tuple[str, ...]:
        return tuple(part.strip() for part in self.dangerous_private_addresses.split(",") if part.strip())

    @property
    def secret_path(self) -> Path:
        return self.secret_file or self.data_dir / "secret"

    @property
    def backup_recipient_words(self) -> tuple[str, ...]:
        return tuple(part.strip() for part in self.backup_recipients.split(",") if part.strip())

    @property
    def purge_register_path(self) -> Path:
        return self.purge_register or self.data_dir / "purges.jsonl"


def load_settings(**overrides: object) -> Settings:
    """Reads and checks the settings. Raises SettingsError with one sentence per problem."""
    try:
        settings = Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        lines = [
            f"CONSILIUM_{'.'.join(map(str, e['loc'])).upper()} {e['msg'].removeprefix('Value error, ')}"
            for e in error.errors()
        ]
        raise SettingsError("; ".join(lines)) from None
    if settings.scheme == "http" and not _plain_http_is_safe(settings):
        raise SettingsError(
            f"CONSILIUM_SCHEME=http is only for loopback names; {settings.domain} needs https, or must be listed in "
            "CONSILIUM_DANGEROUS_PRIVATE_ADDRESSES on a test machine."
        )
    return settings


def _plain_http_is_safe(settings: Settings) -> bool:
    host = settings.domain.rsplit(":", 1)[0].strip("[]")
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host in settings.private_exceptions or settings.domain in settings.private_exceptions
    if (
        address.is_loopback
        or settings.domain in settings.private_exceptions
        or host in settings.private_exceptions
    ):
        return True
    return any(
        address in ipaddress.ip_network(entry, strict=False)
        for entry in settings.private_exceptions
        if "/" in entry
    )
