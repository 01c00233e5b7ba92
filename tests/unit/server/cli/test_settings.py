"""Where settings come from, and which of them an instance does not start with; each refusal says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from federation.types import Origin
from server.core.errors import SettingsError
from server.core.settings import load_settings
from tests.support.commands import Run
from tests.support.ports import free_port


def test_a_file_says_what_the_environment_does_not(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "consilium.toml"
    file.write_text('title = "Of the file"\nlanguage = "fr"\npublic_pages = true\nlog_retention_days = 400\n')
    monkeypatch.setenv("CONSILIUM_CONFIG", str(file))
    monkeypatch.setenv("CONSILIUM_TITLE", "Of the environment")
    monkeypatch.setenv("CONSILIUM_LANGUAGE", "")
    found = load_settings()
    assert (found.title, found.language, found.public_pages) == ("Of the environment", "fr", True)
    assert found.log_retention_days == 400
    assert found.domain == "house.localhost:8000"
    file.write_text('titel = "Misspelt"\n')
    said = run("status")
    assert said.status == 1
    assert "TITEL" in said.err


@pytest.mark.parametrize("domain", ["house.localhost", "localhost:8000", "127.0.0.1:8000", "[::1]:8000"])
def test_plain_http_on_loopback(run: Run, monkeypatch: pytest.MonkeyPatch, domain: str) -> None:
    assert run
    monkeypatch.setenv("CONSILIUM_DOMAIN", domain)
    assert load_settings().base == f"http://{domain}"


@pytest.mark.parametrize("domain", ["house.example", "192.0.2.7:8000", "localhost.example", "notlocalhost"])
def test_plain_http_elsewhere_is_refused_unless_it_is_a_test_machine(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, domain: str
) -> None:
    monkeypatch.setenv("CONSILIUM_DOMAIN", domain)
    for command in ("serve", "migrate", "status"):
        said = run(command)
        assert said.status == 1
        assert "https" in said.err
        assert domain in said.err
    assert not (tmp_path / "data").exists(), "nothing was made"
    monkeypatch.setenv("CONSILIUM_DANGEROUS_PRIVATE_ADDRESSES", domain)
    assert load_settings().scheme_of(load_settings().origin) == "http"
    assert load_settings().scheme_of(Origin("other.example")) == "https"


def test_data_belongs_to_one_name_for_ever(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("migrate").status == 0
    monkeypatch.setenv("CONSILIUM_DOMAIN", "other.localhost:8000")
    for command in (("migrate",), ("serve", "--port", str(free_port()))):
        said = run(*command)
        assert said.status == 1
        assert "http://house.localhost:8000" in said.err, "it says to whom it belongs"
        assert "CONSILIUM_DOMAIN" in said.err
    monkeypatch.setenv("CONSILIUM_DOMAIN", "HOUSE.localhost:8000")
    assert run("migrate").status == 0, "the same name in other letters"


@pytest.mark.parametrize("address", ["9464", "127.0.0.1", "127.0.0.1:", ":9464", "127.0.0.1:metrics"])
def test_a_listener_for_metrics_that_is_no_address(
    run: Run, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("CONSILIUM_METRICS_BIND", address)
    said = run("serve", "--port", str(free_port()))
    assert said.status == 1
    assert "CONSILIUM_METRICS_BIND must be host:port" in said.err


def test_the_secret_stands_where_the_settings_say(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "secrets" / "consilium"
    elsewhere.parent.mkdir()
    monkeypatch.setenv("CONSILIUM_SECRET_FILE", str(elsewhere))
    assert run("migrate").status == 0
    assert elsewhere.stat().st_mode & 0o077 == 0, "for its owner alone"
    assert not (tmp_path / "data" / "secret").exists()


def test_what_is_said_names_the_setting(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run
    monkeypatch.setenv("CONSILIUM_TIMEZONE", "Paris")
    monkeypatch.setenv("CONSILIUM_LOG_RETENTION_DAYS", "30")
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert "CONSILIUM_TIMEZONE is not a time zone" in str(refused.value)
    assert "CONSILIUM_LOG_RETENTION_DAYS" in str(refused.value)
