"""The `consilium` command: subcommands are loaded when they are named, so that `--help` is quick."""

from __future__ import annotations

import sys

from server.cli import main

if __name__ == "__main__":
    sys.exit(main())
