"""The words people read, in their language: gettext catalogues, formatting of times and numbers by Babel.

Message ids are plain English, so English needs no catalogue: its file is there for translators. Catalogues are `.po` files compiled
in memory when somebody first reads that language, so none is committed in binary and no start waits for one. A language
without a catalogue, or with one that cannot be read, falls back to English.

Two ways to translate, both extracted by `make messages`, as are the sentences of `server.core.errors`:
`translator.gettext("…")` / `ngettext` with a translator at hand, and `N_("…")` for constants that are translated where
they are shown. Values go in by name: `translator.gettext("Welcome, %(name)s", name=name)`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, tzinfo
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_time, format_timedelta, get_timezone
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations
from jinja2 import Environment, pass_context
from jinja2.runtime import Context

from server.core.log import logger

log = logger("i18n")

DOMAIN = "consilium"
LOCALES = Path(__file__).resolve().parents[1] / "locale"
DEFAULT_LANGUAGE = "en"
LANGUAGES: Mapping[str, str] = {"en": "English", "fr": "Français"}
"""The languages that an instance speaks, with their own names for themselves."""
_MOST_RANGES = 20
_MOST_TRANSLATORS = 256
"""So many are kept: people choose among a few languages and time zones, but what is asked for may be anything."""


def N_(message: str) -> str:  # noqa: N802  the name that gettext's tools know
    """Marks a constant for extraction; it is translated where it is shown."""
    return message


class Translator:
    """One language and time zone. Cheap to make: its catalogue is loaded with its first word, once per process."""

    __slots__ = ("_folder", "_locale", "language", "zone")

    def __init__(self, language: str, folder: Path, zone: tzinfo) -> None:
        self.language = language
        self.zone = zone
        self._folder = folder
        self._locale = Locale.parse(language)

    def gettext(self, message: str, /, **values: object) -> str:
        """The message in this language; named values are put in after translation."""
        found = self.raw(message)
        return found % values if values else found

    def ngettext(self, singular: str, plural: str, n: int, /, **values: object) -> str:
        """The right plural form; the number itself is available as %(num)s, as in templates."""
        return self.raw_plural(singular, plural, n) % {"num": self.number(n), **values}

    def raw(self, message: str) -> str:
        """The message with its placeholders; the empty one is empty, not the catalogue's header."""
        return str(_load(self._folder, self.language).gettext(message)) if message else ""

    def raw_plural(self, singular: str, plural: str, n: int) -> str:
        return str(_load(self._folder, self.language).ngettext(singular, plural, n))

    def number(self, value: int) -> str:
        return format_decimal(value, locale=self._locale)

    def moment(self, at: datetime, style: str = "medium") -> str:
        """Date and time in the reader's zone; style is full, long, medium or short."""
        return format_datetime(at, format=style, tzinfo=self.zone, locale=self._locale)

    def minute(self, at: datetime) -> str:
        """Date and time, without the seconds that nobody reads a post for."""
        return f"{self.day(at)}, {self.hour(at)}"

    def day(self, moment: datetime | date, style: str = "medium") -> str:
        local = moment.astimezone(self.zone) if isinstance(moment, datetime) else moment
        return format_date(local, format=style, locale=self._locale)

    def hour(self, moment: datetime, style: str = "short") -> str:
        return format_time(moment, format=style, tzinfo=self.zone, locale=self._locale)

    def ago(self, moment: datetime, now: datetime) -> str:
        """Such as "3 minutes ago" or "in 2 days"."""
        return format_timedelta(moment - now, add_direction=True, locale=self._locale)


class Catalogue:
    """All languages of the process."""

    __slots__ = ("_default", "_default_zone", "_folder", "_made")

    def __init__(self, folder: Path = LOCALES, default: str = DEFAULT_LANGUAGE, zone: str = "UTC") -> None:
        self._folder = folder
        self._default = default if default in LANGUAGES else DEFAULT_LANGUAGE
        self._default_zone = zone
        self._made: dict[tuple[str, str], Translator] = {}

    def translator(self, language: str = "", zone: str = "") -> Translator:
        """The translator of a known language; the default where it is not known, likewise for the zone."""
        wanted = (language, zone)
        found = self._made.get(wanted)
        if found is None:
            known = language if language in LANGUAGES else self._default
            where = _zone(zone) or _zone(self._default_zone) or ZoneInfo("UTC")
            found = Translator(known, self._folder, where)
            if len(self._made) < _MOST_TRANSLATORS:
                self._made[wanted] = found
        return found


def negotiate(accept_language: str, user_language: str = "", default: str = DEFAULT_LANGUAGE) -> str:
    """The language to answer in: what the person chose, else the best their browser asks for, else the default."""
    chosen = _known(user_language)
    if chosen:
        return chosen
    for tag in _preferences(accept_language):
        found = _known(tag)
        if found:
            return found
    return _known(default) or DEFAULT_LANGUAGE


def install(environment: Environment) -> None:
    """Gives templates `_`, `gettext`, `ngettext` and `{% trans %}`; each render passes its `translator`.

    Inserted values are escaped like everything else there. A literal per cent sign is written `%%` in templates.
    """
    environment.add_extension("jinja2.ext.i18n")
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        _template_gettext, _template_ngettext, newstyle=True
    )


@pass_context
def _template_gettext(context: Context, message: str) -> str:
    return _translator_of(context).raw(message)


@pass_context
def _template_ngettext(context: Context, singular: str, plural: str, n: int) -> str:
    return _translator_of(context).raw_plural(singular, plural, n)


def _translator_of(context: Context) -> Translator:
    found = context.resolve("translator")
    if not isinstance(found, Translator):
        raise TypeError("the page was rendered without its translator")
    return found


def _preferences(header: str) -> Iterable[str]:
    """The language tags of an Accept-Language header, best first; malformed parts and q=0 are left out."""
    weighed: list[tuple[float, int, str]] = []
    for position, part in enumerate(header.split(",", _MOST_RANGES)[:_MOST_RANGES]):
        tag, _, parameter = part.partition(";")
        name, _, value = parameter.strip().partition("=")
        try:
            weight = float(value) if name.strip().lower() == "q" else 1.0
        except ValueError:
            continue
        if tag.strip() and 0 < weight <= 1:
            weighed.append((-weight, position, tag.strip()))
    return [tag for _, _, tag in sorted(weighed)]


def _known(tag: str) -> str:
    """The language of ours that a tag such as `fr-CA` means, or ""."""
    primary = tag.strip().lower().replace("_", "-").split("-", 1)[0]
    return primary if primary in LANGUAGES else ""


@cache
def _load(folder: Path, language: str) -> NullTranslations:
    """Read once for the process: they are shared and never changed."""
    source = folder / language / "LC_MESSAGES" / f"{DOMAIN}.po"
    if language == DEFAULT_LANGUAGE or not source.exists():
        return NullTranslations()
    try:
        with source.open("rb") as lines:
            catalogue = read_po(lines, locale=language, domain=DOMAIN, abort_invalid=True)
    except PoFileError as problem:
        log.error("catalogue.broken", language=language, line=problem.lineno)
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled, domain=DOMAIN)


@lru_cache(maxsize=1024)
def _zone(name: str) -> tzinfo | None:
    try:
        return get_timezone(name) if name else None
    except LookupError:
        return None
