"""Finds the shared test material beside the checkout; tests that need it skip, saying so, where it is absent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def shared_folder(name: str) -> Path | None:
    """The folder of shared material, or None. Looks at CONSILIUM_SHARED, then beside the checkout."""
    base = Path(os.environ.get("CONSILIUM_SHARED", ROOT.parent / "shared"))
    folder = base / name
    return folder if folder.exists() else None


def shared_path(name: str) -> Path:
    """The folder of shared material; skips the calling test where it is absent."""
    folder = shared_folder(name)
    if folder is None:
        pytest.skip(f"shared/{name} is not here: this test needs it")
    return folder
