"""The open page compares the as-of date with the worker's clock, and counts days ahead of it."""

from __future__ import annotations

import orjson

from monitor.dates import iso
from monitor.records import day_of
from streams.metrics import catalogue as c
from streams.replay.replay import Replay
from tests.streams.metrics.exported import NOON, folded_worker, series
from tests.streams.processor.processors import PRODERM, STUDY


def test_the_age_of_the_as_of_date_and_the_days_ahead_are_exported():
    """One record of 2150 leaves the age as it was, and is counted."""
    wrong = orjson.loads(PRODERM[9]) | {"known_at": "2150-01-01T00:00:00Z"}
    wrong["source"] = {**wrong["source"], "id": "wrong"}
    replay = Replay()
    list(replay.run(PRODERM[:40]))
    as_of = replay.studies[0].as_of
    assert as_of is not None and iso(as_of) < "2150"

    for log, ahead in ((PRODERM[:40], 0), ([*PRODERM[:40], orjson.dumps(wrong)], 1)):
        page = folded_worker(log, STUDY).open_page()
        assert series(page, c.AS_OF_AGE) == {(STUDY,): (day_of(int(NOON)) - as_of) * 86_400}
        assert series(page, c.DATES_AHEAD) == {(STUDY,): ahead}
