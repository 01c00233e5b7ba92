"""Every sentence that a person may see is translated, and the pages show the translation."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest
from babel.messages.catalog import Catalog, Message

from server.core import errors
from server.core.i18n import LANGUAGES, Catalogue
from server.domain.users import Purpose, Role
from server.services import invitations
from server.web.mastodon.routes import ROUTES as MASTODON
from tests.support import messages
from tests.support.member_pages import PASSWORD, add_person, browser, make_application, opened

PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[^(]")
VISITORS = ("/", "/signin", "/signin/lost", "/help/apps", "/terms", "/invitation/wrong")
MEMBERS = (
    *(
        "/",
        "/welcome",
        "/help/apps",
        "/terms",
        "/@alice",
        "/signin",
        "/invitation/wrong",
        "/settings/profile",
    ),
    *("/settings/security", "/settings/sessions", "/admin/invitations", "/groups"),
)
SCOPES = "read write follow push profile"
SPOKEN = {"alt", "aria-label", "placeholder", "title"}
"""The attributes that are read out or shown."""


@pytest.fixture(scope="module")
def now() -> Catalog:
    return messages.extracted()


def entries(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


def forms(value: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    """Singular and plural; a message without plural is its only form."""
    return (value,) if isinstance(value, str) else tuple(value or ("",))


def test_the_template_is_fresh(now: Catalog) -> None:
    assert messages.written(now) == messages.TEMPLATE.read_bytes(), "run `make messages`"


def test_what_errors_and_templates_say_is_found(now: Catalog) -> None:
    """Extraction itself: a constant, an error's sentence, a sentence of errors themselves, a page, a plural."""
    found = {forms(message.id)[0] for message in entries(now)}
    assert {"The file is empty.", "A poll needs at least two choices", "Sign in"} <= found
    assert "%(num)s vote" in found
    for default in (
        errors.Unauthenticated(),
        errors.NotPermitted(),
        errors.NotFound(),
        errors.Gone(),
        errors.RateLimited(1),
        errors.StepUpRequired(),
        errors.Overloaded(),
        errors.StorageFull(),
    ):
        assert default.message in found


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_nothing_is_missing_or_left_over(language: str, now: Catalog) -> None:
    there = messages.read(language)
    wanted = {message.id for message in entries(now)}
    found = {message.id for message in entries(there)}
    assert wanted - found == set(), "run `make messages`"
    assert found - wanted == set(), "run `make messages`"
    empty = [message.id for message in entries(there) if message.fuzzy or not all(forms(message.string))]
    assert not empty, f"without translation into {language}"


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_placeholders_are_the_same(language: str) -> None:
    for message in entries(messages.read(language)):
        wanted = sorted(PLACEHOLDER.findall(forms(message.id)[-1]))
        for translated in forms(message.string):
            assert sorted(PLACEHOLDER.findall(translated)) == wanted, message.id


def test_whole_sentences_differ_from_english() -> None:
    """A copy of the English is no translation; single words may be the same in both."""
    for message in entries(messages.read("fr")):
        if len(forms(message.id)[0].split()) > 2:
            assert message.id != message.string


def test_french_is_set_as_french() -> None:
    for message in entries(messages.read("fr")):
        for text in forms(message.string):
            assert "'" not in text, text
            assert not re.search(r"(?<=[^\s\u00a0])[;?!»]| [:;?!»]|«(?!\u00a0)", text), text


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_the_process_loads_them(language: str) -> None:
    """Of English it reads no file: there nobody may have written other words than those of the code."""
    translator = Catalogue().translator(language)
    for message in entries(messages.read(language)):
        source, translated = forms(message.id), forms(message.string)
        if len(source) == 1:
            assert (translator.raw(source[0]),) == translated
        else:
            assert translator.raw_plural(source[0], source[1], 1) == translated[0]
            assert translator.raw_plural(source[0], source[1], 5) == translated[-1]


class _Spoken(HTMLParser):
    """The pieces of text of a page, as they stand between tags and in attributes that are read out."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: set[str] = set()

    def handle_data(self, data: str) -> None:
        self.pieces.update(piece.strip() for piece in data.split("·"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.pieces.update(value or "" for name, value in attrs if name in SPOKEN)


def english_in(page: str, language: str) -> list[str]:
    """The sentences of the catalogue that stand on the page untranslated."""
    parser = _Spoken()
    parser.feed(page)
    left = []
    for message in entries(messages.read(language)):
        for source, translated in zip(forms(message.id), forms(message.string), strict=True):
            literal = ".+".join(re.escape(part) for part in PLACEHOLDER.split(source))
            if source != translated and any(re.fullmatch(literal, piece) for piece in parser.pieces):
                left.append(source)
    return left


async def _join(client: httpx.AsyncClient, link: str) -> None:
    page = await client.get(link, params={"language": "fr"})
    assert english_in(page.text, "fr") == []
    token = re.search(r'name="form_token" value="([0-9a-f]+)"', page.text)
    assert token
    who = {"name": "lea", "email": "lea@house.example", "password": PASSWORD, "password_again": PASSWORD}
    answer = await client.post(link, data={"form_token": token[1], "language": "fr", "terms": "on"} | who)
    assert answer.headers["location"] == "/welcome"


@pytest.mark.anyio
async def test_pages_speak_french(tmp_path: Path) -> None:
    with opened(tmp_path) as database:
        add_person(database, "alice")
        text = database.run_write(
            lambda unit: invitations.make(unit, "command", purpose=Purpose.INVITE, role=Role.ADMIN)
        )
        async with browser(make_application(database), database) as client:
            english = await client.get("/signin")
            assert "Sign in" in english_in(english.text, "fr")  # the search finds what it looks for
            client.headers["Accept-Language"] = "fr-CA,fr;q=0.9,en;q=0.5"
            for path in VISITORS:
                page = await client.get(path)
                assert '<html lang="fr">' in page.text, path
                assert english_in(page.text, "fr") == [], path
            await _join(client, f"/invitation/{text}")
            client.headers["Accept-Language"] = "en"  # what the person chose counts
            for path in MEMBERS:
                page = await client.get(path, follow_redirects=True)
                assert '<html lang="fr">' in page.text, path
                assert english_in(page.text, "fr") == [], path


@pytest.mark.anyio
async def test_letting_an_app_in_speaks_french(tmp_path: Path) -> None:
    with opened(tmp_path) as database:
        text = database.run_write(lambda unit: invitations.make(unit, "command", purpose=Purpose.INVITE))
        async with browser(make_application(database), database) as client:
            app = {"client_name": "Elk", "redirect_uris": "https://elk.example/in", "scopes": SCOPES}
            registered = (await client.post("/api/v1/apps", data=app)).json()
            await _join(client, f"/invitation/{text}")
            asked = {
                "client_id": registered["client_id"],
                "redirect_uri": app["redirect_uris"],
                "response_type": "code",
                "scope": SCOPES,
            }
            page = await client.get("/oauth/authorize", params=asked)
            assert "Elk" in page.text
            assert english_in(page.text, "fr") == []
            refused = await client.get("/oauth/authorize", params=asked | {"client_id": "nobody"})
            assert '<html lang="fr">' in refused.text
            assert english_in(refused.text, "fr") == []


@pytest.mark.anyio
async def test_errors_of_the_interface_speak_french(tmp_path: Path) -> None:
    with opened(tmp_path) as database:
        async with browser(make_application(database), database) as client:
            client.headers["Accept-Language"] = "fr"
            assert (await client.get("/api/nowhere")).json() == {"error": "Introuvable"}


@pytest.mark.anyio
async def test_a_shared_cache_keeps_languages_apart(tmp_path: Path) -> None:
    with opened(tmp_path) as database:
        rules = next(route for route in MASTODON if route.path == "/api/v1/instance/rules")
        async with browser(make_application(database, rules), database) as client:
            texts = set()
            for language in LANGUAGES:
                answer = await client.get("/api/v1/instance/rules", headers={"Accept-Language": language})
                assert answer.headers["cache-control"].startswith("public")
                assert "Accept-Language" in answer.headers["vary"]
                texts.add(answer.json()[0]["text"])
            assert len(texts) == len(LANGUAGES)
