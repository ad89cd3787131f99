"""A corrected administration: the cases near its former days, and those near its new ones."""

from __future__ import annotations

from monitor.records import Dose, Record
from tests.monitor.builders import allocated, case, day, record, retracted, tick_record, treated
from tests.monitor.small_plans import plan_of, toml_table
from tests.monitor.trial import Trial, trial

INFUSIONAL = toml_table("groups.infusional", within_days_after_dose=3)


def dose(who: str, on: int, version: int) -> Record:
    """A version of the one administration of a test, to *who* on day *on*."""
    body = Dose(subject=who, first_date=day(on), last_date=day(on))
    return record(body, "edc/dose-1", version=version)


def dosed_trial() -> Trial:
    """Two subjects with cases on days 9, 10 and 20, and the administration to A1 on day 9."""
    subjects = [
        each for who in ("A1", "A2") for each in (allocated(who, "act"), treated(who, "act", 0))
    ]
    cases = [case(f"{who}-{on}", who, on) for who in ("A1", "A2") for on in (9, 10, 20)]
    return trial(plan_of(groups=INFUSIONAL), *subjects, *cases, dose("A1", 9, 1), tick_record(100))


def test_a_later_version_moves_the_days_that_count():
    """The cases near the former day leave the group, and that near the new day enters it."""
    scenario = dosed_trial()
    assert scenario.counts("infusional") == (1, 2)

    scenario.submit(dose("A1", 19, 2))
    assert scenario.counts("infusional") == (1, 1)


def test_a_later_version_moves_the_dose_to_another_subject():
    """Nothing of the first subject counts any more."""
    scenario = dosed_trial()
    scenario.submit(dose("A2", 10, 2))
    assert scenario.counts("infusional") == (1, 1)

    scenario.submit(retracted("r1", "edc/dose-1"))
    assert scenario.counts("infusional") == (0, 0)
