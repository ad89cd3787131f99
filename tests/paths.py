"""Paths of the checkout and of the shared data beside it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
"""The root of the checkout."""

SHARED = ROOT.parent / "shared"
"""Public trial data and published worked examples, beside the checkout and not part of it."""


def shared(*parts: str) -> Path:
    """The shared file or folder named by *parts*; if it is missing, skip, or fail in CI."""
    path = SHARED.joinpath(*parts)
    if not path.exists():
        skip_or_fail(f"../shared/{'/'.join(parts)} is not beside this checkout")
    return path


def skip_or_fail(what: str) -> None:
    """Skip the test, or fail it in CI, because *what* it needs is missing."""
    if os.environ.get("CI"):
        pytest.fail(f"{what}, and CI requires it")
    pytest.skip(what)
