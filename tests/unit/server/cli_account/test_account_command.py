"""`consilium account`, run as the command that people type."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from pathlib import Path

import pytest

from server.cli import main
from server.core.clock import SystemClock
from server.core.settings import load_settings

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CONSILIUM_DOMAIN", "house.localhost:8000")
    monkeypatch.setenv("CONSILIUM_SCHEME", "http")
    monkeypatch.setenv("CONSILIUM_DATA_DIR", str(tmp_path / "data"))
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = main(["account", *words])
    shown = capsys.readouterr()
    return status, shown.out, shown.err


PASSWORD = "seven quiet herons"
ALICE = ("create", "alice", "--email", "alice@x.example", "--password", PASSWORD)


def test_create_list_and_token(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, *ALICE, "--role", "admin")
    assert (status, out) == (0, "Created @alice (admin): http://house.localhost:8000/@alice\n")
    status, out, _ = run(capsys, "list", "--json")
    [row] = json.loads(out)
    assert (row["name"], row["role"], row["state"], row["email"]) == (
        "alice",
        "admin",
        "active",
        "alice@x.example",
    )
    status, out, err = run(capsys, "token", "alice")
    assert (status, err) == (0, "")
    assert len(out.strip()) == 43
    assert out.count("\n") == 1


def test_a_password_from_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD + "\n"))
    assert run(capsys, "create", "bob", "--email", "b@x.example", "--password-stdin")[0] == 0


def test_without_a_password_a_link_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "create", "bob", "--email", "b@x.example")
    assert status == 0
    assert "http://house.localhost:8000/invitation/" in out


@pytest.mark.parametrize(
    "words",
    [
        ("create", "al ice", "--email", "a@x.example", "--password", PASSWORD),
        ("create", "bob", "--email", "nonsense", "--password", PASSWORD),
        ("create", "bob", "--email", "b@x.example", "--password", "short"),
        ("create", "ALICE", "--email", "b@x.example", "--password", PASSWORD),
        ("create", "bob", "--email", "ALICE@x.example", "--password", PASSWORD),
        ("create", "instance", "--email", "b@x.example", "--password", PASSWORD),
        ("create", "bob", "--email", "b@x.example", "--role", "king"),
        ("create", "bob"),
        ("token", "nobody"),
        ("token", "alice", "--scope", "read root"),
        ("token", "instance"),
        ("suspend", "nobody"),
        ("reset", "nobody"),
        ("leave", "instance"),
        ("export", "nobody"),
        ("invite",),
        ("invite", "--email", "alice@x.example"),
        ("invite", "--csv", "/nowhere/at/all.csv"),
        ("fly", "alice"),
    ],
)
def test_errors_are_one_clear_line(capsys: pytest.CaptureFixture[str], words: tuple[str, ...]) -> None:
    run(capsys, *ALICE)
    status, out, err = run(capsys, *words)
    assert status != 0
    assert out == ""
    assert err.startswith("consilium: ")
    assert err.count("\n") == 1
    assert json.loads(run(capsys, "list", "--json")[1])[0]["name"] == "alice"


def test_invitations_of_a_file_are_all_or_none(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    run(capsys, *ALICE)
    file = tmp_path / "people.csv"
    file.write_text("e-mail,name\nb@x.example,Bob\nc@x.example,Carol\n")
    status, out, _ = run(capsys, "invite", "--csv", str(file), "--json")
    assert status == 0
    assert [one["email"] for one in json.loads(out)] == ["b@x.example", "c@x.example"]
    file.write_text("d@x.example\nalice@x.example\n")
    status, out, _ = run(capsys, "invite", "--csv", str(file))
    assert (status, out) == (1, "")


def test_suspending_locking_out_leaving_and_deleting(capsys: pytest.CaptureFixture[str]) -> None:
    def state() -> str:
        return str(json.loads(run(capsys, "list", "--json")[1])[0]["state"])

    run(capsys, *ALICE)
    run(capsys, "token", "alice")
    assert run(capsys, "suspend", "alice", "--reason", "test")[0] == 0
    assert state() == "suspended"
    assert run(capsys, "token", "alice")[0] == 1
    assert run(capsys, "unsuspend", "alice")[0] == 0
    assert run(capsys, "lockout", "alice")[1] == "Ended all sessions of @alice, and 1 tokens\n"
    assert run(capsys, "leave", "alice")[0] == 0
    assert state() == "left"
    assert run(capsys, "token", "alice")[0] == 1
    assert run(capsys, "delete", "alice", "--yes")[0] == 0
    assert state() == "deleted"
    assert run(capsys, *ALICE)[0] == 1  # the name stays taken


def test_a_last_day_is_planned_and_called_off(capsys: pytest.CaptureFixture[str]) -> None:
    def state() -> str:
        return str(json.loads(run(capsys, "list", "--json")[1])[0]["state"])

    run(capsys, *ALICE)
    assert run(capsys, "leave", "alice", "--call-off")[0] == 1
    assert run(capsys, "leave", "alice", "--last-day", "1999-01-01")[0] == 1
    assert run(capsys, "leave", "alice", "--hand-over", "cardio")[0] == 1
    assert run(capsys, "leave", "alice", "--hand-over", "alice=alice")[0] == 1
    tomorrow = (SystemClock().now() + timedelta(days=1)).date().isoformat()
    assert (
        run(capsys, "leave", "alice", "--last-day", tomorrow)[1]
        == f"@alice leaves at the end of {tomorrow}\n"
    )
    assert state() == "leaving"
    assert run(capsys, "leave", "alice", "--call-off")[1] == "@alice stays\n"
    assert state() == "active"


def test_export_holds_what_is_theirs_and_no_secret(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    run(capsys, *ALICE)
    status, out, _ = run(capsys, "export", "alice")
    held = json.loads(out)
    assert status == 0
    assert held["user"]["email"] == "alice@x.example"
    assert "argon2" not in out
    target = tmp_path / "alice.json"
    assert run(capsys, "export", "alice", "--output", str(target))[0] == 0
    assert json.loads(target.read_text()) == held


def test_reset_prints_a_link_alone(capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, *ALICE)
    status, out, _ = run(capsys, "reset", "alice", "--second-factors")
    assert status == 0
    assert out.startswith(f"{load_settings().base}/invitation/")
    assert out.count("\n") == 1


def test_files_are_taken_along_and_brought_in(capsys: pytest.CaptureFixture[str], house: Path) -> None:
    run(capsys, *ALICE)
    run(capsys, "create", "bob", "--email", "b@x.example", "--password", PASSWORD)
    file = house / "follows.csv"
    file.write_text("Account address\nbob\nnobody\n")
    status, out, _ = run(capsys, "import", "alice", "following", str(file))
    assert (status, out) == (0, "1 of 2 lines brought in\nmissing: nobody\n")
    status, out, _ = run(capsys, "export", "alice", "--csv", "following")
    assert (status, out.splitlines()[1:]) == (0, ["bob@house.localhost:8000,true,false,"])
    file.write_bytes(b"\xff")
    assert run(capsys, "import", "alice", "following", str(file))[0] == 1
