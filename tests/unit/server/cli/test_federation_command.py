"""`consilium federation`: a list signed by an instance, followed, shown, applied and brought up to date."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from server.core.clock import SystemClock
from tests.support.commands import Run
from tests.support.federation_lists import URL, Publisher

NOW = SystemClock().now().replace(microsecond=0)


@pytest.fixture
def publisher() -> Publisher:
    return Publisher(keys=2, threshold=2)


def written(folder: Path, raw: bytes) -> str:
    file = folder / "list.json"
    file.write_bytes(raw)
    return str(file)


def test_a_list_by_command(run: Run, tmp_path: Path, publisher: Publisher) -> None:
    first = publisher.version(1, ["a.example", "b.example"], at=NOW)
    signers = [word for one in publisher.fingerprints() for word in ("--signer", one)]
    refused = run("federation", "follow", written(tmp_path, first), *signers[:2])
    assert (refused.status, "not those of the signers" in refused.err) == (1, True)
    assert "2 institutions" in run("federation", "follow", written(tmp_path, first), *signers).out
    [listed] = json.loads(run("federation", "list", "--json").out)
    assert (listed["url"], listed["version"], listed["forked_at"]) == (URL, 1, None)
    assert "connect    a.example" in run("federation", "show", URL).out
    assert run("instance", "list", "--json").out == "[]\n"
    assert json.loads(run("federation", "decline", URL, "--json").out) == {"done": "declined", "instances": 2}
    [listed] = json.loads(run("federation", "list", "--json").out)
    assert (listed["waiting"], listed["declined"], len(listed["signed_by"])) == (0, 2, 2)
    assert json.loads(run("federation", "apply", URL, "--yes", "--json").out)["changed"] == 0
    assert run("federation", "reconsider", URL).out == "suggested again: 2 instances\n"
    applied = json.loads(run("federation", "apply", URL, "--yes", "--json").out)
    assert (applied["changed"], [one["effect"] for one in applied["suggestions"]]) == (2, ["connect"] * 2)
    second = publisher.version(2, ["a.example"], after=first, at=NOW)
    assert run("federation", "update", written(tmp_path, second)).status == 0
    assert "pause      b.example" in run("federation", "apply", URL, "--yes").out
    back = run("federation", "update", written(tmp_path, first))
    assert (back.status, "older than the one that is known" in back.err) == (1, True)
    fork = publisher.version(2, ["x.example"], after=first, at=NOW)
    assert run("federation", "update", written(tmp_path, fork)).status == 1
    assert "FORKED" in run("federation", "list").out
    assert run("federation", "unfollow", URL).status == 0
    assert run("federation", "unfollow", URL).status == 1


@pytest.mark.parametrize("text", ["", "[]", "{}", "{", '{"type": 1.5}'])
def test_what_is_no_list_is_not_signed(run: Run, tmp_path: Path, text: str) -> None:
    file = written(tmp_path, text.encode())
    for command in (["sign", file], ["update", file], ["follow", file, "--signer", "1"]):
        said = run("federation", *command)
        assert said.status == 1
        assert said.out == ""
    assert run("federation", "sign", str(tmp_path / "nothing.json")).status == 1
