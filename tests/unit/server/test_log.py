"""What is logged of an error: where it comes from, and none of its words."""

from __future__ import annotations

import asyncio
import json
import logging

import pytest

from server.core.log import configure, logger, of_loop

SECRET = "Key (email)=(anna@chu.example) already exists"


def _raise() -> None:
    try:
        raise ValueError(SECRET)
    except ValueError as error:
        raise RuntimeError(f"while {SECRET}") from error


def _failing() -> BaseException:
    try:
        _raise()
    except RuntimeError as error:
        return ExceptionGroup(SECRET, [error])
    raise AssertionError


@pytest.fixture
def _configured() -> None:
    configure()


@pytest.mark.usefixtures("_configured")
def test_of_an_error_stand_its_kinds_and_places(capsys: pytest.CaptureFixture[str]) -> None:
    logger("test").error("test.failed", exc_info=_failing())
    said = json.loads(capsys.readouterr().err.splitlines()[-1])
    assert "builtins.ValueError" in said["exception"]
    assert "builtins.RuntimeError" in said["exception"]
    assert "test_log.py" in said["exception"]
    assert "anna" not in str(said)


@pytest.mark.usefixtures("_configured")
def test_libraries_and_the_loop_say_no_more(capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("some.library").error("it failed", exc_info=_failing())

    async def forgotten() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(of_loop)
        loop.call_exception_handler({"message": "never retrieved", "exception": _failing()})

    asyncio.run(forgotten())
    said = capsys.readouterr().err
    assert said.count("builtins.RuntimeError") == 2
    assert "never retrieved" in said
    assert "anna" not in said


def test_what_names_the_program_only_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    configure()
    try:
        _ = object().nothing  # type: ignore[attr-defined]
    except AttributeError:
        logger("test").exception("test.failed")
    assert "no attribute 'nothing'" in capsys.readouterr().err
