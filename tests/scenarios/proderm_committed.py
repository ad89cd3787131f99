"""Reads and recounts the committed ProDERM log once for all tests."""

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
"""The published numbers of the trial, as printed by its sources."""


@cache
def records() -> list[Fields]:
    """Return the records of the log, in order."""
    return recount.read_log(PRODERM_FOLDER / "log.jsonl")


@cache
def trial() -> recount.Trial:
    """Return the trial at the end of the log."""
    return recount.trial_of(records())


@cache
def emergent_events() -> list[Event]:
    """Return the treatment-emergent events of the trial."""
    return recount.events(trial())


def ivig_events() -> list[Event]:
    """Return the events of the published column "all IVIG"."""
    return [one for one in emergent_events() if one.treatment == "ivig"]
