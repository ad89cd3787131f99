"""The one door through which these tests reach the product's risk sets and follow-up table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from monitor.exposure import Spell
from monitor.first_events import ARMS_MAX, FirstEvents
from monitor.followup import FollowUp
from monitor.stats.concurrent import RiskSets, log_e_bound

Factor = tuple[int, int, int]
"""An event's arm (1 is treatment), and the patients at risk on treatment and on control."""


def sets_of(history: Sequence[Factor]) -> RiskSets:
    """The risk sets of a sequence of events."""
    treated, on, off = np.array(history, dtype=np.int64).reshape(-1, 3).T
    return RiskSets.of(treated=treated, on_treatment=on, on_control=off)


def put(events: FirstEvents, subject: int, onset: int, spells: tuple[Spell, ...]) -> None:
    """Let *subject* have its first event on day *onset*, on the treatment it then received."""
    (arm,) = [spell.treatment for spell in spells if spell.start <= onset < spell.end]
    events.put(subject, onset * ARMS_MAX + arm, spells)


def factors(
    follow_up: FollowUp, events: FirstEvents, day: int, treatment: int, control: int
) -> list[Factor]:
    """What each first event on either arm found, in order."""
    columns = follow_up.risk_sets(events, day).between(treatment, control)
    return sorted((int(x), int(on), int(off)) for x, on, off in zip(*columns, strict=True))


def exact(
    follow_up: FollowUp, events: FirstEvents, day: int, treatment: int, control: int
) -> RiskSets:
    """The risk sets of *treatment* against *control*, none of them left to a bound."""
    treated, on, off = follow_up.risk_sets(events, day).between(treatment, control)
    return RiskSets.of(treated=treated, on_treatment=on, on_control=off)


def bound_of_table(
    follow_up: FollowUp, events: FirstEvents, day: int, treatment: int, control: int
) -> float | None:
    """The upper limit of log E that the follow-up table gives; None if it saw no event."""
    least = follow_up.least_shares(events, day, treatment, control)
    return None if least is None else log_e_bound(*least)


def treated_events(events: FirstEvents, treatment: int) -> int:
    """How many first events fell on *treatment*."""
    return events.on(treatment)
