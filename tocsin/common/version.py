"""The version of this installation, and whether mypyc compiled it."""

from __future__ import annotations

from importlib.machinery import EXTENSION_SUFFIXES
from importlib.metadata import version


def version_line() -> str:
    """Return the version, with ``(compiled)`` or ``(pure Python)``."""
    return f"{version('tocsin')} ({'compiled' if is_compiled() else 'pure Python'})"


def is_compiled() -> bool:
    """Return whether the fold is machine code, as in the wheel that `make compiled` builds."""
    from monitor.fold import fold  # Takes 0.2 s, which other commands need not wait for.

    return str(fold.__file__).endswith(tuple(EXTENSION_SUFFIXES))
