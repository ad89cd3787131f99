"""Where the tests find the tree they belong to, and the data that lies beside it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
"""The checkout."""

SHARED = ROOT.parent / "shared"
"""Public trial data and cases worked out by others; they lie beside the checkout, not in it."""


def shared(*parts: str) -> Path:
    """The file or folder of the shared data that *parts* name; without it, skip, but fail in CI."""
    path = SHARED.joinpath(*parts)
    if not path.exists():
        skip_or_fail(f"../shared/{'/'.join(parts)} is not beside this checkout")
    return path


def skip_or_fail(what: str) -> None:
    """Skip on a laptop and fail in CI: *what* a test needs is not there."""
    if os.environ.get("CI"):
        pytest.fail(f"{what}, and in CI it must be")
    pytest.skip(what)
