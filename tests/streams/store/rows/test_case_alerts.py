"""What has rung beside the statistics is in the row: a study that comes back rings it no more."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from alerts.alert import Alert
from alerts.register.update import docket_of
from monitor.state.digest import digest
from monitor.state.dirty import Trace
from streams.processor.pipeline import take_in
from streams.store import Fields
from streams.store.rows.load import restore
from streams.store.rows.row import Row
from tests.alerts.random_logs import plan, told_at
from tests.alerts.reviews import review
from tests.monitor.builders import STUDY


def folded(seed: int, *, leaves: float) -> tuple[Row, Fields, list[Alert]]:
    """A log of chance, in which members act, and the study is left and taken up now and then."""
    chance, apart = Random(seed), Random(seed + 1)
    study, _ = take_in(None, plan(1), 0)
    assert study is not None
    study.trace = Trace(whole=True)
    row, kept, rang, day = Row(study, began=0, pos=0), Fields(), list[Alert](), 0
    for offset in range(1, 120):
        day += chance.choice([0, 0, 0, 1, 2])
        record = told_at(chance, day, offset)
        open_ones = [one for one in docket_of(row.study).entries.values() if one.alert.tracked]
        if open_ones and chance.random() < 0.3:
            alert = min(open_ones, key=lambda one: (one.alert.revision, one.alert.id)).alert
            moves = {"raised": "acknowledge", "acknowledged": "begin_review", "closed": "close"}
            move = moves.get(alert.state, "confirm")
            record = review(move, alert.revision, of=alert.id, name=f"board/{offset}", known=day)
        _, told = take_in(row.study, record, offset)
        row.account(offset, told.outcome, told.refusal)
        rang += told.alerts
        if apart.random() < leaves:
            kept |= row.changes()
            row = restore(STUDY, kept)
    return row, kept | row.changes(), rang


def filled(fields: Fields) -> Fields:
    """*fields* without those that are empty, which are as good as absent."""
    return {name: value for name, value in fields.items() if value}


SEEDS = range(16)


@pytest.mark.parametrize("seed", SEEDS)
def test_where_a_worker_was_restarted_shows_in_nothing_that_rings(seed: int):
    """Cases, findings, sites and what waits: left after every record, or never, it is the same."""
    whole, kept, rang = folded(seed, leaves=0)
    for leaves in (0.1, 1):
        parted, pieces, again = folded(seed, leaves=leaves)

        assert again == rang
        assert digest(parted.study) == digest(whole.study)
        assert docket_of(parted.study) == docket_of(whole.study)
        written = [
            {name: value for name, value in each.items() if value} for each in (kept, pieces)
        ]
        assert written[0] == written[1]
        assert parted.everything() == whole.everything()


def test_nothing_rings_twice_and_everything_there_is_has_rung():
    """Each revision once; over all logs every kind of finding, of rule and of move."""
    seen = Counter[str]()
    for seed in SEEDS:
        *_, rang = folded(seed, leaves=0.1)
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
