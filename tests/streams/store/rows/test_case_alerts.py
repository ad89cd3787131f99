"""What has rung beside the statistics is in the row: a study that comes back rings it no more."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from alerts.alert import Alert
from alerts.register.update import register_of
from monitor.state.digest import state_digest
from monitor.state.dirty import DirtySet
from streams.processor.pipeline import apply_record
from streams.store import Fields
from streams.store.rows.load import load_row
from streams.store.rows.row import Row
from tests.alerts.random_logs import plan_version, random_record
from tests.alerts.reviews import review
from tests.monitor.builders import STUDY


def fold_random_log(seed: int, *, leaves: float) -> tuple[Row, Fields, list[Alert]]:
    """A log of chance, in which members act, and the study is left and taken up now and then."""
    chance, apart = Random(seed), Random(seed + 1)
    study, _ = apply_record(None, plan_version(1), 0)
    assert study is not None
    study.dirty = DirtySet(everything=True)
    row, kept, rang, day = Row(study, first_offset=0, last_offset=0), Fields(), list[Alert](), 0
    for offset in range(1, 120):
        day += chance.choice([0, 0, 0, 1, 2])
        record = random_record(chance, day, offset)
        open_ones = [one for one in register_of(row.study).entries.values() if one.alert.tracked]
        if open_ones and chance.random() < 0.3:
            alert = min(open_ones, key=lambda one: (one.alert.revision, one.alert.id)).alert
            moves = {"raised": "acknowledge", "acknowledged": "begin_review", "closed": "close"}
            move = moves.get(alert.state, "confirm")
            record = review(move, alert.revision, of=alert.id, name=f"board/{offset}", known=day)
        _, told = apply_record(row.study, record, offset)
        row.count_record(offset, told.outcome, told.refusal)
        rang += told.alerts
        if apart.random() < leaves:
            kept |= row.take_changes()
            row = load_row(STUDY, kept)
    return row, kept | row.take_changes(), rang


def non_empty(fields: Fields) -> Fields:
    """*fields* without those that are empty, which are as good as absent."""
    return {name: value for name, value in fields.items() if value}


SEEDS = range(16)


@pytest.mark.parametrize("seed", SEEDS)
def test_where_a_worker_was_restarted_shows_in_nothing_that_rings(seed: int):
    """Cases, findings, sites and what waits: left after every record, or never, it is the same."""
    whole, kept, rang = fold_random_log(seed, leaves=0)
    for leaves in (0.1, 1):
        parted, pieces, again = fold_random_log(seed, leaves=leaves)

        assert again == rang
        assert state_digest(parted.study) == state_digest(whole.study)
        assert register_of(parted.study) == register_of(whole.study)
        written = [
            {name: value for name, value in each.items() if value} for each in (kept, pieces)
        ]
        assert written[0] == written[1]
        assert parted.all_fields() == whole.all_fields()


def test_nothing_rings_twice_and_everything_there_is_has_rung():
    """Each revision once; over all logs every kind of finding, of rule and of move."""
    seen = Counter[str]()
    for seed in SEEDS:
        *_, rang = fold_random_log(seed, leaves=0.1)
        assert len({(one.id, one.revision) for one in rang}) == len(rang)
        assert len({one.id for one in rang}) == sum(one.revision == 1 for one in rang)
        seen.update(one.watch for one in rang)
        seen.update(one.move for one in rang)

    assert {"rule/deaths", "rule/threats", "rule/clots"} <= seen.keys()
    assert {"raise", "rise", "change"} <= seen.keys()
    assert {
        f"finding/{name}"
        for name in ("fatal_not_serious", "unallocated", "silent_site", "likely_duplicates")
    } | {"finding/onset_before_first_dose", "finding/quarantined"} <= seen.keys()
