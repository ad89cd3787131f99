"""The one door through which these tests reach the product's risk sets and follow-up table."""

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
    """The risk sets of a sequence of events."""
    treated, on, off = np.array(history, dtype=np.int64).reshape(-1, 3).T
    return PartialLikelihood.from_counts(treated=treated, on_treatment=on, on_control=off)


def set_first_event(
    events: FirstEvents, subject: int, onset: int, spells: tuple[Spell, ...]
) -> None:
    """Let *subject* have its first event on day *onset*, on the treatment it then received."""
    (arm,) = [spell.treatment for spell in spells if spell.start <= onset < spell.end]
    events.set_first(subject, onset * ARMS_MAX + arm, spells)


def factors(
    follow_up: FollowUp, events: FirstEvents, day: int, treatment: int, control: int
) -> list[Factor]:
    """What each first event on either arm found, in order."""
    columns = follow_up.risk_set_counts(events, day).for_arms(treatment, control)
    return sorted((int(x), int(on), int(off)) for x, on, off in zip(*columns, strict=True))


def exact_risk_sets(
    follow_up: FollowUp, events: FirstEvents, day: int, treatment: int, control: int
) -> PartialLikelihood:
    """The risk sets of *treatment* against *control*, none of them left to a bound."""
    treated, on, off = follow_up.risk_set_counts(events, day).for_arms(treatment, control)
    return PartialLikelihood.from_counts(treated=treated, on_treatment=on, on_control=off)


def risk_sets_one_by_one(
    follow_up: FollowUp, events: FirstEvents, day: int, treatment: int, control: int
) -> PartialLikelihood:
    """The same by the way that is taken where events are few."""
    found = follow_up.treated_count_and_shares(events, day, treatment, control)
    assert found is not None
    treated, shares = found
    return PartialLikelihood(treated=treated, events=len(shares), shares=shares)


def treated_events(events: FirstEvents, treatment: int) -> int:
    """How many first events fell on *treatment*."""
    return events.count_on(treatment)
