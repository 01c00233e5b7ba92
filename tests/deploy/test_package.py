"""The wheel that is installed holds everything that the source needs at run time: rules, contexts, templates, pages."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
NOT_SHIPPED = {".pyc", ".mo", ".pot"}


def test_the_wheel_is_whole(tmp_path: Path) -> None:
    build = f"from hatchling.build import build_wheel; build_wheel({str(tmp_path)!r})"
    subprocess.run([sys.executable, "-c", build], cwd=ROOT, check=True, capture_output=True)
    with zipfile.ZipFile(next(tmp_path.glob("consilium-*.whl"))) as wheel:
        shipped = {name for name in wheel.namelist() if ".dist-info/" not in name}
        entry = wheel.read(
            next(name for name in wheel.namelist() if name.endswith("entry_points.txt"))
        ).decode()
    source = {
        str(path.relative_to(ROOT))
        for package in ("federation", "server")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and path.suffix not in NOT_SHIPPED
    }
    assert source - shipped == set()
    assert {name for name in shipped if not name.startswith(("federation/", "server/"))} == set()
    assert "consilium = server.__main__:main" in entry
