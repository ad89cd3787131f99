"""Draws trials in which one arm has most of the events, so that E comes near boundaries."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.independent.builders import event, plan, subject, tick, treatment
from tests.independent.strategies_plan import TERMS, designs
from tests.independent.strategies_records import draw_chance
from tests.independent.wire_records import Record

SUBJECTS_MIN, SUBJECTS_MAX = 8, 22
AS_OF_JUMP_DAYS = 5000


@st.composite
def lopsided(draw: st.DrawFn) -> list[Record]:
    """Draw a trial of arms of equal size in which nearly all first events are on one of them."""
    design = draw(designs(jump=AS_OF_JUMP_DAYS))
    records: list[Record] = []
    term = draw(st.sampled_from(tuple(TERMS)))
    rates = draw(st.sampled_from(((5, 95), (20, 90), (5, 60), (60, 5))))
    for number in range(draw(st.integers(SUBJECTS_MIN, SUBJECTS_MAX))):
        records += subject_records(draw, f"S{number}", number % 2, rates[number % 2], term)
    records.append(tick(draw(st.integers(40, 120))))
    in_order = sorted(records, key=lambda record: str(record["known_at"]))
    return [plan(design.text), *in_order]


def subject_records(
    draw: st.DrawFn, who: str, active: int, percent: int, term: str
) -> list[Record]:
    """Draw one subject: allocation, an interval, and an event in *percent* of the draws.

    Some events have a second version with another onset.
    """
    arm = ("ctl", "act")[active]
    start = draw(st.integers(0, 12))
    end = draw(st.sampled_from((None, start + 28)))
    records = [subject(who, arm, known=start), treatment(who, arm, start, end, known=start)]
    if not draw_chance(draw, percent):
        return records
    onset = start + draw(st.integers(0, 25))
    fields = {"system_organ_class": TERMS[term], "serious": draw(st.booleans())}
    records.append(event(f"c-{who}", who, onset, term, known=onset + 1, **fields))
    if draw_chance(draw, 15):
        moved = max(start, onset + draw(st.sampled_from((-3, 2, 40))))
        later = {"version": 2, "known": onset + 9}
        records.append(event(f"c-{who}", who, moved, term, **fields, **later))
    return records
