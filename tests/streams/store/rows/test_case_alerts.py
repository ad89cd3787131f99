"""Raised case and finding alerts are in the row: a restored study does not repeat them."""

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


def fold_random_log(seed: int, *, restore_probability: float) -> tuple[Row, Fields, list[Alert]]:
    """Fold a random log with reviews; after each record, restore the study with a probability.

    Returns the last row, its stored fields and the alerts in order.
    """
    random, restore_random = Random(seed), Random(seed + 1)
    study, _ = apply_record(None, plan_version(1), 0)
    assert study is not None
    study.dirty = DirtySet(everything=True)
    row, stored, alerts, day = Row(study, first_offset=0, last_offset=0), Fields(), list[Alert](), 0
    for offset in range(1, 120):
        day += random.choice([0, 0, 0, 1, 2])
        record = random_record(random, day, offset)
        tracked = [
            entry for entry in register_of(row.study).entries.values() if entry.alert.tracked
        ]
        if tracked and random.random() < 0.3:
            alert = min(tracked, key=lambda entry: (entry.alert.revision, entry.alert.id)).alert
            moves = {"raised": "acknowledge", "acknowledged": "begin_review", "closed": "close"}
            move = moves.get(alert.state, "confirm")
            record = review(move, alert.revision, of=alert.id, name=f"board/{offset}", known=day)
        _, result = apply_record(row.study, record, offset)
        row.count_record(offset, result.outcome, result.refusal)
        alerts += result.alerts
        if restore_random.random() < restore_probability:
            stored |= row.take_changes()
            row = load_row(STUDY, stored)
    return row, stored | row.take_changes(), alerts


def non_empty(fields: Fields) -> Fields:
    """Return *fields* without the empty ones, which are equal to absent ones."""
    return {name: value for name, value in fields.items() if value}


SEEDS = range(16)


@pytest.mark.parametrize("seed", SEEDS)
def test_alerts_do_not_depend_on_where_a_worker_restarted(seed: int):
    """Alerts, digest and row are equal with a restore after every record, after some, or none."""
    whole, whole_fields, whole_alerts = fold_random_log(seed, restore_probability=0)
    for probability in (0.1, 1):
        restored, restored_fields, restored_alerts = fold_random_log(
            seed, restore_probability=probability
        )

        assert restored_alerts == whole_alerts
        assert state_digest(restored.study) == state_digest(whole.study)
        assert register_of(restored.study) == register_of(whole.study)
        assert non_empty(restored_fields) == non_empty(whole_fields)
        assert restored.all_fields() == whole.all_fields()


def test_each_revision_is_raised_once_and_every_kind_occurs():
    """All logs together have every kind of finding, every rule and every automatic move."""
    counts = Counter[str]()
    for seed in SEEDS:
        *_, alerts = fold_random_log(seed, restore_probability=0.1)
        assert len({(alert.id, alert.revision) for alert in alerts}) == len(alerts)
        assert len({alert.id for alert in alerts}) == sum(alert.revision == 1 for alert in alerts)
        counts.update(alert.watch for alert in alerts)
        counts.update(alert.move for alert in alerts)

    assert {"rule/deaths", "rule/threats", "rule/clots"} <= counts.keys()
    assert {"raise", "rise", "change"} <= counts.keys()
    assert {
        f"finding/{name}"
        for name in ("fatal_not_serious", "unallocated", "silent_site", "likely_duplicates")
    } | {"finding/onset_before_first_dose", "finding/quarantined"} <= counts.keys()
