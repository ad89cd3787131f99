"""Studies of the board's tests: ProDERM's, and small ones built record by record."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from typing import Any

import orjson

from board.follower.from_log import completeness_of, facts_from_log
from board.views.facts import StudyFacts
from tests.monitor.trial import Trial
from tests.paths import ROOT

PRODERM_LOG = ROOT / "studies/proderm/log.jsonl"


@cache
def proderm_facts() -> StudyFacts:
    """The facts of ProDERM's log."""
    (facts,) = facts_from_log(PRODERM_LOG.read_bytes().splitlines())
    return facts


@cache
def proderm_records() -> list[dict[str, Any]]:
    """The records of ProDERM's log, as they are on its lines."""
    return [orjson.loads(line) for line in PRODERM_LOG.read_bytes().splitlines()]


def facts_of(trial: Trial) -> StudyFacts:
    """The facts of a small trial, without evidence over time."""
    return StudyFacts(
        study=trial.study, completeness=completeness_of(trial.study, len(trial.results))
    )


def as_json(view: Any) -> Any:
    """The view as JSON and back, as the interface for programs sends it; NaN is refused."""
    text = orjson.dumps(view)
    assert b"NaN" not in text and asdict(view)
    return orjson.loads(text)
