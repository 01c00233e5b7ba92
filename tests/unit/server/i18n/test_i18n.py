"""Languages: negotiation, plurals, templates, times in the reader's zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment

from server.core.i18n import Catalogue, install, negotiate

FRENCH = """\
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n > 1);\\n"

msgid "Welcome, %(name)s"
msgstr "Bienvenue, %(name)s"

msgid "%(num)s reply"
msgid_plural "%(num)s replies"
msgstr[0] "%(num)s réponse"
msgstr[1] "%(num)s réponses"
"""
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    folder = tmp_path / "fr" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "consilium.po").write_text(FRENCH, encoding="utf-8")
    return Catalogue(tmp_path, zone="UTC")


@pytest.mark.parametrize(
    ("header", "user", "default", "expected"),
    [
        ("fr-CA,fr;q=0.9,en;q=0.8", "", "en", "fr"),
        ("en;q=0.5, fr;q=0.7", "", "en", "fr"),
        ("fr;q=0, en;q=0.1", "", "fr", "en"),
        ("de, nl", "", "fr", "fr"),
        ("fr", "en", "fr", "en"),
        ("", "xx", "yy", "en"),
        ("fr;q=x,;;,q=1,*", "", "en", "en"),
        (",".join(["de"] * 10_000) + ",fr", "", "en", "en"),
    ],
)
def test_negotiation(header: str, user: str, default: str, expected: str) -> None:
    assert negotiate(header, user, default) == expected


def test_messages_and_plurals(catalogue: Catalogue) -> None:
    french, english = catalogue.translator("fr"), catalogue.translator("en")
    assert french.gettext("Welcome, %(name)s", name="Léa") == "Bienvenue, Léa"
    assert english.gettext("Welcome, %(name)s", name="Léa") == "Welcome, Léa"
    assert french.ngettext("%(num)s reply", "%(num)s replies", 0) == "0 réponse"
    assert english.ngettext("%(num)s reply", "%(num)s replies", 0) == "0 replies"
    assert french.gettext("") == ""
    assert french.gettext("100% of what is not translated") == "100% of what is not translated"


def test_times_are_shown_in_the_readers_zone(catalogue: Catalogue) -> None:
    paris = catalogue.translator("fr", "Europe/Paris")
    assert "13:00" in paris.moment(NOON)
    assert paris.hour(NOON) == "13:00"
    assert paris.day(datetime(2026, 3, 1, 23, 30, tzinfo=UTC)).startswith("2")
    assert catalogue.translator("en", "No/Where").hour(NOON).startswith("12:00")
    assert catalogue.translator("en").ago(NOON - timedelta(minutes=3), NOON) == "3 minutes ago"


def test_templates_translate_and_escape(catalogue: Catalogue) -> None:
    page = "{{ _('Welcome, %(name)s', name=name) }}|{% trans num=n %}{{ num }} reply{% pluralize %}{{ num }} replies{% endtrans %}"
    environment = Environment(autoescape=True, loader=DictLoader({"page": page}))
    install(environment)
    made = environment.get_template("page").render(translator=catalogue.translator("fr"), name="<b>", n=2)
    assert made == "Bienvenue, &lt;b&gt;|2 réponses"
    with pytest.raises(TypeError):
        environment.get_template("page").render(name="x", n=1)


def test_a_broken_catalogue_is_said_in_english_and_in_the_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "fr" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "consilium.po").write_text('msgid "a"\nmsgstr "b"\nno such line\n', encoding="utf-8")
    french = Catalogue(tmp_path).translator("fr")
    assert [french.gettext("a") for _ in range(2)] == ["a", "a"]
    said = capsys.readouterr()
    assert (said.out + said.err).count("catalogue.broken") == 1
