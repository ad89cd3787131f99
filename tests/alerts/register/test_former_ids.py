"""A review that names an alert by an id of an earlier version, in memory and after a restart."""

from __future__ import annotations

import pytest

from alerts.alert import alert_id
from alerts.register.update import register_of
from monitor.records import Record
from monitor.state.digest import state_digest
from monitor.state.dirty import DirtySet
from monitor.state.study import Study
from streams.processor.pipeline import apply_record
from streams.store.rows.load import load_row
from streams.store.rows.row import Row
from tests.alerts.reviews import review
from tests.monitor.builders import STUDY, case, retracted
from tests.monitor.small_plans import plan_of, toml_table
from tests.monitor.trial import Trial, trial, two_arms

SCREENING = toml_table("screening", period="first", analysis="as_treated", time="study")
WATCH = "screening/preferred_term/{}/act"
CASES = 12


def rash_trial(*records: Record) -> Trial:
    """A trial with an alert on `Rash`, of which all cases are on `act`."""
    cases = [case(f"c{n}", f"A{n}", n, "Rash") for n in range(1, CASES + 1)]
    return trial(plan_of(more=SCREENING), *two_arms(CASES), *cases, *records)


def restarted(study: Study) -> Study:
    """The study as a worker loads it from its row."""
    study.dirty = DirtySet(everything=True)
    row = Row(study, first_offset=0, last_offset=0, plans=[study.plan.toml])
    return load_row(study.name, row.take_changes()).study


RETRACTIONS = [retracted(f"r{n}", f"safety/c{n}") for n in range(1, CASES + 1)]
RECODED = [case(f"c{n}", f"A{n}", n, "RASH", version=2, known=40) for n in range(1, CASES + 1)]


@pytest.mark.parametrize(
    ("later", "spelling", "is_accepted"),
    [
        ([], "Rash", True),
        (RETRACTIONS, "Rash", True),
        (RETRACTIONS, "RASH", False),
        (RECODED, "RASH", True),
        (RECODED, "Rash", False),
        ([*RECODED, *RETRACTIONS], "Rash", True),
    ],
    ids=["as spelled", "retracted", "never spelled", "respelled", "spelled before", "both"],
)
def test_a_restart_does_not_change_which_former_ids_hold(
    later: list[Record], spelling: str, is_accepted: bool
):
    """Also where no case has the term any more: then the alert says how it was spelled."""
    study = rash_trial(*later).study
    former = alert_id(STUDY, WATCH.format(spelling), 1)
    name = alert_id(STUDY, WATCH.format("rash"), 1)
    assert name in register_of(study).entries
    loaded = restarted(study)

    for each in (study, loaded):
        revision = register_of(each).entries[name].alert.revision
        apply_record(each, review("acknowledge", revision, of=former), 99)
        (result,) = register_of(each).review_results.values()
        assert result.accepted is is_accepted
    assert state_digest(loaded) == state_digest(study)
