"""What an instance is set to, as it is shown: every setting once, with its source, and no secret."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from server.core.configuration import GROUPS, SECRET, Source, configured
from server.core.settings import Settings, load_settings


def test_every_setting_is_shown_once() -> None:
    shown = [name for names in GROUPS.values() for name in names]
    assert sorted(shown) == sorted(Settings.model_fields)


def test_what_may_hold_a_password_is_secret() -> None:
    suspicious = {
        name
        for name in Settings.model_fields
        if re.search(r"_url$|token|password|passphrase|proxy$|key", name)
    }
    assert suspicious <= SECRET, (
        "a new setting of this kind is shown to administrators: say that it is secret"
    )


def test_where_a_value_comes_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "consilium.toml"
    file.write_text('title = "Of the file"\nlanguage = "fr"\n', encoding="utf-8")
    environment = {"CONSILIUM_CONFIG": str(file), "CONSILIUM_LANGUAGE": "en", "CONSILIUM_MAIL_FROM": ""}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    found = {one.name: one for one in configured(load_settings(posts="public"), {**environment})}
    assert (found["title"].source, found["title"].value) == (Source.FILE, "Of the file")
    assert (found["language"].source, found["language"].value) == (Source.ENVIRONMENT, "en")
    assert (found["mail_from"].source, found["mail_from"].is_set) == (Source.DEFAULT, False)
    assert found["timezone"].source is Source.DEFAULT and found["timezone"].default == "UTC"
    started = {one.name: one for one in configured(Settings(posts="public"), {})}  # type: ignore[arg-type]
    assert (started["posts"].source, started["posts"].default) == (Source.START, "followers")
