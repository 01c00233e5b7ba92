"""What an instance is set to, for those who run it: each setting with its value, where that comes from, its default and its purpose.

It never holds the value of a secret, nor a part of one: an address may carry a password anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum

from server.core.i18n import N_
from server.core.settings import Settings

FILE = "CONSILIUM_CONFIG"
SECRET = frozenset({"database_url", "redis_url", "http_proxy", "smtp_url", "metrics_token"})
"""Settings that are shown as set or not set, and nothing more."""
GROUPS: dict[str, tuple[str, ...]] = {
    N_("The instance"): ("domain", "scheme", "title", "contact_email", "language", "timezone"),
    N_("What may be written, seen and sent"): ("posts", "public_pages", "push", "offline_groups"),
    N_("Mail"): ("smtp_url", "mail_from"),
    N_("Database and files"): ("data_dir", "database_url", "redis_url", "secret_file"),
    N_("Backups and how long logs are kept"): ("purge_register", "backup_recipients", "log_retention_days"),
    N_("Network"): ("trusted_proxies", "http_proxy", "ca_file", "dangerous_private_addresses"),
    N_("Watching it"): ("log_level", "metrics_bind", "metrics_token", "rate_limits"),
}
"""Every setting once, in the order in which people read them."""


class Source(StrEnum):
    """Where a setting's value comes from. START: whoever started the program gave it, in neither of the usual places."""

    ENVIRONMENT = "environment"
    FILE = "file"
    START = "start"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Configured:
    """value, default: as one would write them, "" for nothing; of a secret both are None. is_set: to something that is not empty."""

    name: str
    group: str
    purpose: str
    value: str | None
    default: str | None
    is_set: bool
    source: Source

    @property
    def variable(self) -> str:
        return f"CONSILIUM_{self.name.upper()}"


def configured(settings: Settings, environment: Mapping[str, str]) -> list[Configured]:
    """All settings, group by group. environment: that of this process, which the settings were read from at its start."""
    given = {name.upper() for name, value in environment.items() if value}
    return [_one(settings, group, name, given) for group, names in GROUPS.items() for name in names]


def _one(settings: Settings, group: str, name: str, given: set[str]) -> Configured:
    field = Settings.model_fields[name]
    value, secret = as_written(getattr(settings, name)), name in SECRET
    return Configured(
        name,
        group,
        field.description or "",
        None if secret else value,
        None if secret else as_written(field.default),
        bool(value),
        _source(settings, name, given),
    )


def _source(settings: Settings, name: str, given: set[str]) -> Source:
    if name not in settings.model_fields_set:
        return Source.DEFAULT
    if f"CONSILIUM_{name.upper()}" in given:
        return Source.ENVIRONMENT
    return Source.FILE if FILE in given else Source.START


def as_written(value: object) -> str:
    """A value as it is written in the environment."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value.value if isinstance(value, Enum) else value) if value is not None else ""
