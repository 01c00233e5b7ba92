"""The commands of an administrator, run as `consilium …` in this process: what they print, store and answer."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest

from server.cli.opened import opened
from server.core.clock import SystemClock
from server.core.settings import load_settings
from server.domain.work import EventKind, ItemState
from server.services import events, instances
from server.store import events as event_rows
from server.store.schema import MIGRATIONS
from server.store.session import Unit
from tests.support.commands import Run, Said

pytestmark = pytest.mark.slow

HEADER = "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate"


@pytest.mark.parametrize(
    "arguments",
    [
        *(
            ["instance", verb]
            for verb in (
                "list",
                "allow",
                "limit",
                "suspend",
                "resume",
                "block",
                "show",
                "retry",
                "import",
                "export",
            )
        ),
        ["instance"],
        ["policy"],
        *(
            ["policy", verb]
            for verb in ("list", "check", "decisions", "explain", "annex", "replay", "save", "approve")
        ),
        *(["policy", verb] for verb in ("templates", "link", "unlink", "refuse", "history", "export")),
        ["verification"],
        *(["verification", verb] for verb in ("list", "request", "grant", "refuse", "revoke")),
        ["review"],
        *(["review", verb] for verb in ("list", "show", "release", "refuse")),
        ["app"],
        *(["app", verb] for verb in ("list", "block", "unblock")),
        ["instance", "try"],
        ["audit"],
        *(["audit", verb] for verb in ("list", "access", "verify", "heads", "export")),
        ["doctor"],
        ["golive"],
        ["deid"],
        ["status"],
        ["migrate"],
    ],
    ids=" ".join,
)
def test_every_command_has_help(run: Run, arguments: list[str]) -> None:
    said = run(*arguments, "--help")
    assert said.status == 0
    assert "Usage: consilium" in said.out


@pytest.mark.parametrize(
    "arguments",
    [
        ["instance", "resume", "nobody.example"],
        ["instance", "show", "nobody.example"],
        ["instance", "allow", "not a host"],
        ["instance", "allow", "house.localhost:8000"],
        ["instance", "retry", "nobody.example"],
        ["instance", "import", "/nowhere/list.csv"],
        ["instance", "export", "/nowhere/list.csv"],
        ["instance", "allow"],
        ["instance", "marry", "a.example"],
        ["policy", "check", "/nowhere/rules.cedar"],
        ["policy", "decisions", "--peer", "not a host"],
        ["policy", "decisions", "--limit", "0"],
        ["policy", "explain", "123"],
        ["policy", "explain", "https://here.example/objects/none"],
        ["policy", "replay", "/nowhere/rules.cedar"],
        ["policy", "save", "/nowhere/rules.cedar"],
        ["policy", "link", "peer-no-cases", "house.a"],
        ["policy", "link", "no-such-template", "house.a"],
        ["policy", "link", "group-stays", "house.a", "--group", "nobody"],
        ["policy", "unlink", "house.a"],
        ["policy", "approve", "1"],
        ["policy", "export", "/nowhere/rules.json"],
        ["review", "show", "1"],
        ["review", "release", "1"],
        ["review", "refuse", "1", "--reason", "why"],
        ["audit", "verify-nothing"],
        ["audit", "verify", "--head", "nonsense"],
        ["audit", "export", "/nowhere/log.json"],
        ["no-such-command"],
    ],
    ids=" ".join,
)
def test_errors_are_one_line_and_a_status(run: Run, arguments: list[str]) -> None:
    said = run(*arguments)
    assert said.status != 0
    assert said.err.startswith("consilium: ")
    assert said.out == ""


def test_trust_by_command(run: Run) -> None:
    said = run(
        "instance", "allow", "Clinic.Example.", "bücher.example:8443", "clinic.example:443", "--reason", "May"
    )
    assert said.out.splitlines() == ["clinic.example: connected", "xn--bcher-kva.example:8443: connected"]
    run("instance", "suspend", "clinic.example")
    rows = {row["domain"]: row for row in json.loads(run("instance", "list", "--json").out)}
    assert (rows["clinic.example"]["trust"], rows["clinic.example"]["tier"]) == ("suspended", "T0")
    assert (rows["xn--bcher-kva.example:8443"]["reason"], rows["xn--bcher-kva.example:8443"]["tier"]) == (
        "May",
        "T1",
    )
    assert run("instance", "resume", "clinic.example").out == "clinic.example: connected\n"
    shown = json.loads(run("instance", "show", "clinic.example", "--json").out)
    assert [entry["detail"]["after"] for entry in shown[0]["changes"]] == ["allowed", "suspended", "allowed"]


@pytest.mark.parametrize("bad", ["not a host", "house.localhost:8000"])
def test_several_domains_or_none(run: Run, bad: str) -> None:
    assert run("instance", "allow", "one.example", bad, "two.example").status == 1
    assert json.loads(run("instance", "list", "--json").out) == []
    run("instance", "allow", "one.example")
    assert run("instance", "resume", "one.example", "two.example").status == 1
    assert (
        json.loads(run("audit", "list", "--json", "--action", "instance").out)[0]["detail"]["after"]
        == "allowed"
    )


def test_import_shows_the_difference_and_asks(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("instance", "allow", "friend.example")
    file = tmp_path / "blocks.csv"
    file.write_text(
        f"{HEADER}\nfriend.example,suspend,false,false,,false\nspam.example,suspend,true,false,noise,false\n"
    )
    monkeypatch.setattr("sys.stdin", StringIO("n\n"))
    refused = run("instance", "import", str(file))
    assert refused.status == 130
    assert "spam.example" in refused.out
    assert [row["domain"] for row in json.loads(run("instance", "list", "--json").out)] == ["friend.example"]
    said = run("instance", "import", str(file), "--yes")
    assert "conflict (1)" in said.out
    assert "connected → paused" in said.out
    rows = {row["domain"]: row["trust"] for row in json.loads(run("instance", "list", "--json").out)}
    assert rows == {"friend.example": "allowed", "spam.example": "blocked"}
    again = json.loads(run("instance", "import", str(file), "--yes", "--json").out)
    assert [(one["domain"], one["effect"]) for one in again] == [
        ("friend.example", "conflict"),
        ("spam.example", "same"),
    ]
    run("instance", "import", str(file), "--yes", "--conflicts")
    out = tmp_path / "out.csv"
    run("instance", "export", str(out))
    assert out.read_text() == (
        f"{HEADER}\nfriend.example,suspend,false,false,,false\nspam.example,suspend,true,false,noise,false\n"
    )


def test_a_bad_file_changes_nothing(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "blocks.csv"
    file.write_text(f"{HEADER}\ngood.example,suspend,,,,\nbad host,suspend,,,,\nother.example,maim,,,,\n")
    said = run("instance", "import", str(file), "--yes")
    assert said.status == 1
    assert "3 (no host name), 4 (severity" in said.err
    assert json.loads(run("instance", "list", "--json").out) == []
    file.write_bytes(b"#domain\n\xff\xfe\n")
    assert "not text in UTF-8" in run("instance", "import", str(file), "--yes").err


def test_knocks_are_listed(run: Run) -> None:
    with opened() as database:
        for _ in range(3):
            database.run_write(instances.knock, instances.canonical("stranger.example"))
    (knock,) = json.loads(run("instance", "list", "--knocks", "--json").out)
    assert (knock["domain"], knock["count"]) == ("stranger.example", 3)
    assert "stranger.example: not connected (T0)" in run("instance", "show", "stranger.example").out
    (line,) = (one for one in json.loads(run("status", "--json").out) if one["topic"] == "partners")
    assert line["level"] == "warn"
    assert "--knocks" in line["action"]


def test_policy_list_and_check(run: Run, tmp_path: Path) -> None:
    listed = json.loads(run("policy", "list", "--json").out)
    assert "base.blocked-author" in {rule["id"] for rule in listed["rules"]}
    file = tmp_path / "rules.cedar"
    file.write_text('@id("ours.no-media")\nforbid(principal, action == Action::"media", resource);\n')
    assert run("policy", "check", str(file)).status == 0
    file.write_text("permit(principal, action, resource);\n")
    assert "no @id" in run("policy", "check", str(file)).err
    assert json.loads(run("policy", "decisions", "--json").out) == []


def test_migrate(run: Run) -> None:
    missing = run("migrate", "--check")
    assert (missing.status, missing.out) == (1, "There is no database yet.\n")
    assert not load_settings().data_dir.exists()  # a check makes nothing
    assert run("migrate").status == 0
    assert run("migrate", "--check").status == 0
    with opened() as database:
        database.run_write(_forget_revision)
    assert "which this version does not know" in run("migrate", "--check").err
    assert "which this version does not know" in run("instance", "list").err
    assert MIGRATIONS.is_dir()


def _forget_revision(unit: Unit) -> None:
    unit.connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'from-the-future'")


def test_status_has_five_lines(run: Run) -> None:
    said = run("status")
    assert said.status == 0
    assert len([line for line in said.out.splitlines() if not line.startswith(" ")]) == 5
    found = json.loads(run("status", "--json").out)
    assert [line["topic"] for line in found] == ["partners", "queues", "purges", "backup", "endings"]
    assert [line["colour"] for line in found] == ["green", "green", "green", "amber", "green"]
    assert all(line["action"] for line in found if line["colour"] != "green")


def test_status_tells_of_work_that_nobody_does(run: Run) -> None:
    run("account", "create", "chief", "--email", "chief@house.example", "--role", "admin")

    def add(unit: Unit) -> None:
        unit.now -= timedelta(hours=2)
        events.happened(unit, EventKind.ACTOR_CHANGED, account_id=1)

    with opened() as database:
        database.run_write(add)
    said = run("status", "--json")
    (line,) = (one for one in json.loads(said.out) if one["topic"] == "queues")
    assert (said.status, line["colour"]) == (1, "red")
    assert line["values"]["minutes"] >= 119
    with opened() as database:
        for event in database.run_read(event_rows.due, 10):
            database.run_write(event_rows.settle, event.id, ItemState.PARKED, "poison")
    (parked,) = [
        one
        for one in json.loads(run("status", "--parked", "--json").out)
        if one["subject"] == "actor.changed"
    ]
    assert (parked["kind"], parked["state"], parked["reason"]) == ("event", "parked", "poison")
    assert "poison" in run("status", "--parked").out
    assert {one["topic"] for one in json.loads(run("status", "--json").out) if one["level"] == "fail"} == {
        "queues"
    }
    assert run("status", "--retry").out == "1 effects are tried again\n"
    assert run("status", "--parked").out == "Nothing was given up.\n"
    with opened() as database:
        due = database.run_read(event_rows.due, 10)
    assert [(event.kind, event.attempts) for event in due] == [(EventKind.ACTOR_CHANGED, 0)]
    assert json.loads(run("audit", "list", "--json", "--action", "event").out)[0]["detail"] == {"events": 1}


def remarks(said: Said) -> dict[str, str]:
    return {one["topic"]: one["level"] for one in json.loads(said.out)}


def test_doctor_before_there_is_an_instance(run: Run, tmp_path: Path) -> None:
    said = run("doctor", "--json", "--offline")
    assert (said.status, remarks(said)["database"]) == (1, "fail")
    assert not (tmp_path / "data").exists()


def test_doctor_on_a_sound_instance(run: Run) -> None:
    run("migrate")
    said = run("doctor", "--json", "--offline")
    assert said.status == 0, said.out
    found = remarks(said)
    assert {
        found[topic]
        for topic in ("schema", "database", "keys", "founded", "queue", "clock", "secret", "folder")
    } == {"ok"}
    assert found["settings"] == "warn"  # plain http


def test_doctor_says_whether_videos_are_taken(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    assert "Videos and sound are refused, since not installed here: ffmpeg, ffprobe." in run("doctor").out
    for name in ("ffmpeg", "ffprobe"):
        (programs / name).write_text("")
        (programs / name).chmod(0o755)
    said = run("doctor", "--json")
    assert "Videos and sound are taken, outside members-only groups." in said.out
    assert remarks(said)["media"] == "ok"


def test_doctor_finds_what_is_wrong(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("migrate")
    settings = load_settings()
    settings.secret_path.chmod(0o644)
    settings.data_dir.chmod(0o755)
    found = remarks(run("doctor", "--json"))
    assert (found["secret"], found["folder"], found["self"]) == (
        "fail",
        "warn",
        "fail",
    )  # nothing listens there
    secret = settings.secret_path.read_text()
    settings.secret_path.write_text("0" * 64)
    assert remarks(run("doctor", "--json", "--offline"))["keys"] == "fail"
    settings.secret_path.unlink()
    missing = run("doctor", "--json", "--offline")
    assert (missing.status, remarks(missing)["secret"]) == (1, "fail")
    assert "is missing" in run("instance", "list").err  # and no new secret is made in its place
    assert not settings.secret_path.exists()
    settings.secret_path.write_text(secret)
    monkeypatch.setenv("CONSILIUM_DOMAIN", "renamed.localhost")
    assert remarks(run("doctor", "--json", "--offline"))["founded"] == "fail"
    settings.sqlite_file.write_bytes(b"not a database at all" * 1000)
    broken = run("doctor", "--json", "--offline")
    assert (broken.status, remarks(broken)["database"]) == (1, "fail")


def test_doctor_asks_redis_and_mail(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("migrate")
    monkeypatch.setenv("CONSILIUM_REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setenv("CONSILIUM_SMTP_URL", "smtp://someone:tell-nobody@127.0.0.1:1")
    said = run("doctor", "--json")
    found = remarks(said)
    assert (found["redis"], found["mail"]) == ("fail", "fail")
    assert "tell-nobody" not in said.out + said.err
    monkeypatch.setenv("CONSILIUM_SMTP_URL", "http://nonsense")
    assert "CONSILIUM_SMTP_URL is not an address" in run("doctor", "--json").out


def test_doctor_knows_an_entry_of_the_future(run: Run) -> None:
    run("migrate")

    def ahead(unit: Unit) -> None:
        unit.now = SystemClock().now() + timedelta(days=1)
        instances.set_trust(unit, "command", instances.canonical("a.example"), instances.Trust.ALLOWED)

    with opened() as database:
        database.run_write(ahead)
    assert remarks(run("doctor", "--json", "--offline"))["clock"] == "fail"


def test_the_logs_are_verified_and_exported(run: Run, tmp_path: Path) -> None:
    for name in ("one.example", "two.example"):
        run("instance", "allow", name)
    said = json.loads(run("audit", "verify", "--json").out)
    assert [(log["log"], log["sealed"], log["damage"]) for log in said["logs"]] == [
        ("audit", 0, None),
        ("decisions", 0, None),
    ]
    assert said["logs"][0]["unsealed"] >= 2  # no server runs here, and it alone seals
    lines = [json.loads(line) for line in run("audit", "export").out.splitlines()]
    assert [line["target"] for line in lines if line["action"] == "instance.trust"] == [
        "one.example",
        "two.example",
    ]
    assert all(line["at"].endswith("Z") for line in lines)
    file = tmp_path / "log.csv"
    assert run("audit", "export", str(file), "--csv").out == f"{len(lines)} entries written to {file}\n"
    assert len(file.read_text().splitlines()) == len(lines) + 1
    again = run("audit", "export", str(file), "--csv")
    assert (again.status, again.out) == (1, "")
    assert run("audit", "export", "--since", "2100-01-01").out == ""
    lost = run("audit", "verify", "--head", f"audit:1:{'0' * 64}")
    assert lost.status == 1
    assert "NOT FOUND" in lost.out


def test_rules_change_by_command(run: Run, tmp_path: Path) -> None:
    run("account", "create", "vera", "--email", "vera@house.example", "--role", "admin")
    run("instance", "allow", "clinic.example")
    said = run(
        "policy", "link", "peer-no-cases", "house.no-cases", "--peer", "clinic.example", "--note", "May"
    )
    assert "is in force" in said.out
    assert "house.no-cases" in run("policy", "list", "--own").out
    file = tmp_path / "rules.json"
    run("policy", "export", str(file))
    said = run("policy", "unlink", "house.no-cases")
    [version] = [line.split()[1] for line in said.out.splitlines() if "waits for a second person" in line]
    assert run("policy", "approve", version).status == 1  # the same person
    assert run("policy", "approve", version, "--by", "nobody").status == 1
    assert run("policy", "approve", version, "--by", "vera").out == f"version {version} is in force\n"
    assert "house.no-cases" not in run("policy", "list").out
    assert "is in force" in run("policy", "save", str(file)).out
    history = json.loads(run("policy", "history", "--json").out)
    assert [one["state"] for one in history] == ["in_force", "replaced", "replaced"]
    wrong = tmp_path / "wrong.json"
    wrong.write_text('{"cedar": 1, "links": []}')
    assert run("policy", "save", str(wrong)).status == 1
    assert json.loads(run("policy", "replay", "--json").out)["changed"] == []
    assert len(json.loads(run("policy", "templates", "--json").out)) > 10
