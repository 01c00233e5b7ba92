"""The README's picture of the demo, from a real run: `python -m tests.support.demo_picture`."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

TARGET = Path(__file__).parents[2] / "docs" / "demo.svg"
WIDTH = 108


def main() -> None:
    surroundings = {**os.environ, "COLUMNS": str(WIDTH), "FORCE_COLOR": "1", "TERM": "xterm-256color"}
    told = subprocess.run(
        [sys.executable, "-m", "server", "demo", "--once"],
        env=surroundings,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    story = told.split("What crossed the boundaries")[0].rstrip()
    story = re.sub(r"Data: \S+", "Data: a new temporary folder", story)
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(Text("$ make demo", style="bold"))
    console.print(Text.from_ansi(story))
    picture = console.export_svg(title="make demo")
    # no fonts from elsewhere: the reader's own will do
    picture = re.sub(r"\s*<!-- Generated.*?-->", "", picture)
    TARGET.write_text(re.sub(r"@font-face \{.*?\}", "", picture, flags=re.DOTALL), encoding="utf-8")


if __name__ == "__main__":
    main()
