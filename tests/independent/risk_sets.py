"""The only access of these tests to the product's risk sets and follow-up table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from monitor.exposure.first_events import FirstEvents
from monitor.exposure.follow_up import FollowUp
from monitor.exposure.person_time import Spell
from monitor.plan.plan import ARMS_MAX
from monitor.stats.concurrent import PartialLikelihood

Factor = tuple[int, int, int]
"""An event's arm (1 is treatment), and the patients at risk on treatment and on control."""


def risk_sets_of(history: Sequence[Factor]) -> PartialLikelihood:
    """Return the risk sets of a sequence of events, each on a study day of its own."""
    treated, on, off = np.array(history, dtype=np.int64).reshape(-1, 3).T
    return PartialLikelihood.from_counts(
        treated=treated, on_treatment=on, on_control=off, study_days=np.arange(len(history))
    )


def set_first_event(
    events: FirstEvents, subject: int, onset: int, spells: tuple[Spell, ...]
) -> None:
    """Set the first event of *subject* to day *onset*, on the treatment of that day."""
    (arm,) = [spell.treatment for spell in spells if spell.start <= onset < spell.end]
    events.set_first(subject, onset * ARMS_MAX + arm, spells)


def factors(
    follow_up: FollowUp, events: FirstEvents, day: int, treatment: int, control: int
) -> list[Factor]:
    """Return arm and numbers at risk of each first event on either arm, sorted."""
    columns = follow_up.risk_set_counts(events, day).for_arms(treatment, control)
    return sorted((int(x), int(on), int(off)) for x, on, off, _ in zip(*columns, strict=True))


def exact_risk_sets(
    follow_up: FollowUp, events: FirstEvents, day: int, treatment: int, control: int
) -> PartialLikelihood:
    """Return the risk sets of *treatment* against *control*, computed without a bound."""
    treated, on, off, days = follow_up.risk_set_counts(events, day).for_arms(treatment, control)
    return PartialLikelihood.from_counts(
        treated=treated, on_treatment=on, on_control=off, study_days=days
    )


def risk_sets_one_by_one(
    follow_up: FollowUp, events: FirstEvents, day: int, treatment: int, control: int
) -> PartialLikelihood:
    """Return the same risk sets by the loop that the product uses where events are few."""
    event_days = follow_up.count_event_days(events, day, treatment, control)
    assert event_days is not None
    return PartialLikelihood.from_days(*event_days)


def treated_events(events: FirstEvents, treatment: int) -> int:
    """Return the number of first events on *treatment*."""
    return events.count_on(treatment)
