"""Tocsin: ``tocsin.replay("log.jsonl")`` in Python, and the command line.

Importing this package loads no command and no library: names are loaded where they are used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tocsin.replay_log import ReplayRun, replay

__all__ = ["ReplayRun", "replay"]


def __getattr__(name: str) -> Any:
    """Load a public name where it is used first."""
    if name not in __all__:
        raise AttributeError(f"module 'tocsin' has no attribute {name!r}")
    from tocsin import replay_log

    return getattr(replay_log, name)
