"""The page of settings: what the running program has read, for administrators, without a secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.domain.users import Role
from tests.support.staff_pages import office

pytestmark = pytest.mark.anyio


async def test_settings_are_shown_with_their_source_and_without_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONSILIUM_SMTP_URL", "smtp://who:hunter2@mail.example:25")
    monkeypatch.setenv("CONSILIUM_MAIL_FROM", "<desk>@house.example")
    async with office(tmp_path, metrics_token="hunter2") as (_, clerks):
        page = await clerks[Role.ADMIN].page("/admin/settings")
    assert "hunter2" not in page and "mail.example" not in page
    assert page.count("set, and never shown") == 2
    assert "<code>&lt;desk&gt;@house.example</code>" in page and "set in the environment" in page
    assert "Language where a person has chosen none: <code>en</code> or <code>fr</code>." in page
    assert "<code>house.localhost:8000</code>" in page and "the default is localhost:8000" in page
    assert "set when the program was started" in page and "No file is named." in page
