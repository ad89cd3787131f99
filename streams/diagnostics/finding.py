"""Result of one check of ``tocsin doctor``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CheckState(StrEnum):
    """State of a checked item."""

    WELL = "well"
    ABSENT = "absent"  # Missing, but not needed by a running process.
    WRONG = "wrong"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Result of one check; *next* is the command that repairs the fault, or empty."""

    what: str
    state: CheckState
    says: str
    next: str = ""


def wrong_finding(what: str, message: str, command: str) -> Finding:
    """A finding of a fault that an operator must repair."""
    return Finding(what=what, state=CheckState.WRONG, says=message, next=command)
