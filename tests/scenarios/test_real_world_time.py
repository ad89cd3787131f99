"""Logs of real mistakes with dates: no record silences its study."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from monitor.dates import iso
from streams.replay.replay import Replay
from tests.paths import shared

INPUTS = "data/real_world_inputs"


def replayed(log: Path) -> tuple[Replay, list[tuple[str, str]]]:
    """The replay of *log*, and the watch and record of each alert."""
    replay = Replay()
    return replay, [(each.watch, each.thing) for each in replay.run(log.read_bytes().splitlines())]


@pytest.mark.parametrize(
    ("name", "as_of", "alerts"),
    [
        ("first_wrong", "2026-11-20", [("rule/deaths", "edc/ae-1")]),
        (
            "pause_211_days",
            "2027-06-10",
            [("finding/ahead_of_study", "edc/dm-2"), ("rule/deaths", "edc/ae-1")],
        ),
    ],
)
def test_every_record_is_folded_and_the_death_rings(
    name: str, as_of: str, alerts: list[tuple[str, str]]
):
    """The as-of date is that of the other records; a true pause is a finding at most."""
    log = shared(INPUTS) / f"{name}.jsonl"
    replay, rung = replayed(log)
    (study,) = replay.studies

    assert replay.outcomes == {"folded": len(log.read_bytes().splitlines())}
    assert study.as_of is not None and iso(study.as_of) == as_of
    assert [each for each in rung if each[0] in dict(alerts)] == alerts


def test_the_wrong_record_may_come_last():
    """The same log with its wrong record at the end ends on the same day."""
    lines = (shared(INPUTS) / "first_wrong.jsonl").read_bytes().splitlines()
    wrong = next(line for line in lines if json.loads(line)["known_at"].startswith("2006"))
    replay = Replay()
    list(replay.run([*(line for line in lines if line != wrong), wrong]))

    assert iso(replay.studies[0].as_of or 0) == "2026-11-20"
