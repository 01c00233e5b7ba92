"""The catalogues of translations: what `make messages` writes, and what the tests extract afresh to compare.

Read from the code and the templates: everything that a person may see. The files hold no dates and no line numbers,
so that they change only when a sentence does. English is filled in; what is new in another language stays empty,
and `tests/house/test_translations.py` fails until somebody has translated it.
"""

from __future__ import annotations

import os
from copy import deepcopy
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_keywords, parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

from server.core.i18n import DEFAULT_LANGUAGE, DOMAIN, LANGUAGES, LOCALES

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = LOCALES / f"{DOMAIN}.pot"
KEYWORDS: dict[str, Any] = parse_keywords(
    (
        *("_", "N_", "gettext", "ngettext:1,2"),
        *(
            "Invalid",
            "BadRequest",
            "Unauthenticated",
            "NotPermitted",
            "NotFound",
            "Conflict",
            "Gone",
            "TooBig",
            "NotPublished",
        ),
        *("RateLimited:2", "StepUpRequired", "Overloaded:2", "StorageFull"),
    )
)
"""The functions whose text is translated; the errors' sentences are shown as they are raised."""
HEADER = "# The words of Consilium. Written by `make messages`; the translations in it are written by people."
_LEFT_OUT = tuple(
    f'"{name}:'.encode()
    for name in (
        *("Project-Id-Version", "Report-Msgid-Bugs-To", "POT-Creation-Date", "PO-Revision-Date"),
        *("Last-Translator", "Language-Team", "Generated-By"),
    )
)


def extracted() -> Catalog:
    """All messages of the code as it is now."""
    catalogue = Catalog(header_comment=HEADER, fuzzy=False)
    with (ROOT / "babel.cfg").open(encoding="utf-8") as lines:
        methods, options = parse_mapping_cfg(lines)  # type: ignore[no-untyped-call]
    for _file, _line, message, comments, context in extract_from_dir(
        ROOT, methods, options, KEYWORDS, directory_filter=_ours
    ):
        catalogue.add(message, auto_comments=comments, context=context)
    return catalogue


def read(language: str) -> Catalog:
    """The translations into a language; a catalogue without messages where there is no file yet."""
    file = path(language)
    if not file.exists():
        return Catalog(locale=language, domain=DOMAIN, fuzzy=False)
    with file.open("rb") as lines:
        return read_po(lines, locale=language, domain=DOMAIN, abort_invalid=True)


def path(language: str) -> Path:
    return LOCALES / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def refresh() -> None:
    """Writes the template, and brings each language up to date with it."""
    template = extracted()
    LOCALES.mkdir(exist_ok=True)
    TEMPLATE.write_bytes(written(template))
    for language in LANGUAGES:
        catalogue = read(language)
        catalogue.update(deepcopy(template), no_fuzzy_matching=True)  # it keeps the template's entries
        catalogue.obsolete.clear()
        if language == DEFAULT_LANGUAGE:
            _repeat(catalogue)
        catalogue.header_comment = HEADER
        catalogue.fuzzy = False
        path(language).parent.mkdir(parents=True, exist_ok=True)
        path(language).write_bytes(written(catalogue))


def written(catalogue: Catalog) -> bytes:
    """The file of a catalogue, the same bytes for the same messages."""
    content = BytesIO()
    write_po(content, catalogue, no_location=True, sort_output=True, width=0)
    lines = content.getvalue().splitlines(keepends=True)
    return b"".join(line for line in lines if not line.startswith(_LEFT_OUT))


def _ours(folder: str | os.PathLike[str]) -> bool:
    return Path(folder).relative_to(ROOT).parts[:1] in {(), ("server",)}


def _repeat(catalogue: Catalog) -> None:
    for message in catalogue:
        if message.id:
            message.string = message.id


if __name__ == "__main__":
    refresh()
