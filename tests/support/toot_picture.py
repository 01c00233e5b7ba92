"""The picture of toot in docs/members, from a real session: `python -m tests.support.toot_picture`."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

from server.services import accounts, groups
from server.services.founding import open_database
from server.store.session import Unit
from tests.support.instances import Launcher
from tests.support.live_groups import checked
from tests.support.members import add_members, settings_of
from tests.support.ports import free_port
from tests.support.tls import tls_front

TARGET = Path(__file__).parents[2] / "docs" / "members" / "toot.svg"
WIDTH = 84
SHOWN = "cases.hospital.example"
"""What stands in the picture for the port of this machine."""


def joined(unit: Unit) -> None:
    group = accounts.get_local(unit, "cardio")
    groups.add(unit, "command", group, accounts.get_local(unit, "ada"))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        launcher = Launcher(Path(folder))
        try:
            session(launcher, Path(folder))
        finally:
            launcher.close()


def session(launcher: Launcher, folder: Path) -> None:
    house, port = launcher.prepare("clinic", CONSILIUM_POSTS="groups"), free_port()
    house.origin = f"localhost:{port}"
    house.environment |= {"CONSILIUM_DOMAIN": house.origin, "CONSILIUM_SCHEME": "https"}
    house.start()
    ada, _ = add_members(house, "ada", "ben")
    database = open_database(settings_of(house))
    for name in ("ada", "ben"):
        database.run_write(checked, name)
    house.command("group", "create", "cardio", "--title", "Cardiology", "--founder", "ben")
    house.hear()
    database.run_write(joined)
    database.close()
    app = {
        "instance": house.origin,
        "base_url": f"https://{house.origin}",
        "client_id": "x",
        "client_secret": "x",
    }
    user = {"instance": house.origin, "username": "ada", "access_token": ada.token}
    known = {
        "apps": {house.origin: app},
        "users": {f"ada@{house.origin}": user},
        "active_user": f"ada@{house.origin}",
    }
    config = folder / "toot" / "config.json"
    config.parent.mkdir()
    config.write_text(json.dumps(known))
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    with tls_front(folder, port, house.port) as authority:
        trust = {"REQUESTS_CA_BUNDLE": str(authority), "XDG_CONFIG_HOME": str(folder)}
        surroundings = {
            **os.environ,
            **trust,
            "COLUMNS": str(WIDTH),
            "FORCE_COLOR": "1",
            "TOOT_ENVVAR_PREFIX": "",
        }
        for line in (
            'toot post "@cardio Broad complexes after the third dose. Who has seen this?"',
            "toot lists list",
            'toot timelines list "▸ Cardiology"',
            'toot post "Who has seen this?"',
        ):
            told = subprocess.run(
                [Path(sys.executable).with_name("toot"), *shlex.split(line)[1:]],
                env=surroundings,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            ).stdout
            console.print(Text(f"$ {line}", style="bold"))
            console.print(Text.from_ansi(told.replace(house.origin, SHOWN)))
    picture = re.sub(r"\s*<!-- Generated.*?-->", "", console.export_svg(title="toot"))
    TARGET.write_text(re.sub(r"@font-face \{.*?\}", "", picture, flags=re.DOTALL), encoding="utf-8")


if __name__ == "__main__":
    main()
