"""`consilium settings`: in the instance's language, and no part of a secret."""

from __future__ import annotations

import json

import pytest

from server.core.configuration import SECRET
from server.core.i18n import Catalogue
from server.core.settings import Settings
from tests.support.commands import Run

CANARY = "hunter2-canary"


def test_the_command_shows_no_part_of_a_secret(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SECRET - {"database_url"}:
        monkeypatch.setenv(f"CONSILIUM_{name.upper()}", f"scheme://who:{CANARY}@host:1/{CANARY}")
    monkeypatch.setenv("CONSILIUM_DATABASE_URL", f"postgresql://who:{CANARY}@host/db?password={CANARY}")
    monkeypatch.setenv("CONSILIUM_LANGUAGE", "fr")
    as_json, as_text = run("settings", "--json"), run("settings")
    assert as_json.status == as_text.status == 0
    assert CANARY not in as_json.out + as_text.out and "who" not in as_text.out
    rows = {row["name"]: row for row in json.loads(as_json.out)}
    for name in SECRET:
        row = rows[f"CONSILIUM_{name.upper()}"]
        assert (row["value"], row["default"], row["set"], row["source"]) == (None, None, True, "environment")
    words = Catalogue().translator("fr")
    title = Settings.model_fields["title"].description or ""
    assert rows["CONSILIUM_TITLE"]["purpose"] == words.raw(title) != title
