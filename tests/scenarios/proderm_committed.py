"""The committed ProDERM log, read and recounted once for all tests."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from tests.paths import ROOT
from tests.scenarios import proderm_recount as recount
from tests.scenarios.proderm_recount import Event, Fields

PRODERM_FOLDER = ROOT / "studies" / "proderm"
CONSTRAINTS: dict[str, Any] = json.loads(
    ROOT.joinpath("tests", "scenarios", "proderm_constraints.json").read_text()
)
"""The constraint block: what the sources print, in one place."""


@cache
def records() -> list[Fields]:
    """The lines of the log."""
    return recount.read_log(PRODERM_FOLDER / "log.jsonl")


@cache
def trial() -> recount.Trial:
    """The trial at the end of the log."""
    return recount.trial_of(records())


@cache
def emergent_events() -> list[Event]:
    """Its treatment-emergent events."""
    return recount.events(trial())


def ivig_events() -> list[Event]:
    """The column "all IVIG"."""
    return [one for one in emergent_events() if one.treatment == "ivig"]
