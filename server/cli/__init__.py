"""The `consilium` command. Exits non-zero with one clear line on error; `--json` where it lists.

A subcommand's module is imported when it is named, so that `--help` is quick and `serve` loads no more than it needs.
"""

from __future__ import annotations

import gc
import importlib
import sys
from collections.abc import Sequence
from types import ModuleType

import typer
from typer.exceptions import TyperException

from server.core.errors import AppError, SettingsError
from server.core.log import trace

COMMANDS: dict[str, str] = {
    "serve": "Run the web server, and without Redis the work beside it.",
    "worker": "Run a worker process (needs CONSILIUM_REDIS_URL).",
    "demo": "Three instances on this machine tell their story.",
    "migrate": "Bring the database's schema up to date.",
    "doctor": "Say in plain words what is wrong with this installation.",
    "status": "How the instance is doing, in five lines.",
    "settings": "What the instance is set to, and where that comes from.",
    "golive": "Leave evaluation mode, when everything for it is in place.",
    "account": "Accounts, invitations and tokens.",
    "app": "The apps that members use, and those that nobody may use here.",
    "verification": "Who is verified, and who asks to be.",
    "instance": "Which instances this one speaks with.",
    "federation": "Lists of institutions that a society publishes.",
    "group": "Groups that live here, and who is in them.",
    "policy": "The boundary policy and its decisions.",
    "purge": "What was asked back from other instances, and their receipts.",
    "retention": "What is past its time, before it goes.",
    "review": "What waits at the boundary for a person.",
    "deid": "Certain identifiers in a text, by kind and place.",
    "audit": "The audit log.",
    "backup": "Save database, media and a manifest, while the server runs.",
    "restore": "Put a backup into an empty place.",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command line; the process's exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] in {"--help", "-h", "help"}:
        print(_overview())
        return 0
    name, rest = words[0], words[1:]
    if name not in COMMANDS:
        return _fail(f"there is no command {name!r}; `consilium --help` lists them", 2)
    command = typer.main.get_command(_loaded(name).app)
    try:
        result = command.main(rest, prog_name=f"consilium {name}", standalone_mode=False)
    except (AppError, SettingsError) as error:
        return _fail(str(error), 1)
    except (typer.Abort, KeyboardInterrupt):
        return 130
    except TyperException as error:
        text = error.format_message() if hasattr(error, "format_message") else str(error)
        return _fail(text or f"`consilium {name} --help` says how", 2)
    except Exception as error:  # noqa: BLE001  a defect of ours: what was not finished was not written
        print(trace(error), file=sys.stderr)
        return _fail(
            "this is a defect; please report the lines above, which hold places in the program and no data",
            70,
        )
    return result if isinstance(result, int) else 0


def _loaded(name: str) -> ModuleType:
    """The module of a subcommand. Nothing in it is ever rubbish: looking for some cost a sixth of the start."""
    gc.disable()
    try:
        return importlib.import_module(f"server.cli.{name}")
    finally:
        gc.freeze()  # and no collection looks at it again
        gc.enable()


def _overview() -> str:
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {text}" for name, text in COMMANDS.items()]
    return "\n".join(
        [
            "Usage: consilium COMMAND [OPTIONS]",
            "",
            "A federated server for medical communities.",
            "",
            *lines,
            "",
            "`consilium COMMAND --help` says more.",
        ]
    )


def _fail(line: str, status: int) -> int:
    print(f"consilium: {line}", file=sys.stderr)
    return status
