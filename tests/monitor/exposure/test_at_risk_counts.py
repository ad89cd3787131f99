"""The at-risk table, checked against a count of every interval on every day."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from monitor.dates import FOREVER
from monitor.exposure.at_risk import AtRiskInterval, AtRiskTable

ARMS = 2


@st.composite
def at_risk_intervals(draw: st.DrawFn) -> AtRiskInterval:
    """An at-risk interval of at least one day; some have no end."""
    day_0, enter = draw(st.integers(0, 20)), draw(st.sampled_from((0, 0, 0, 4, 9)))
    leave = draw(st.sampled_from((FOREVER - day_0, enter + 1, enter + 3, enter + 15)))
    return AtRiskInterval(draw(st.integers(0, ARMS - 1)), day_0, enter, leave)


def count_at_risk(intervals: list[AtRiskInterval], arm: int, day: int, as_of: int) -> int:
    """The number of *intervals* on *arm* at risk on study *day*, counted one by one."""
    return sum(
        interval.arm == arm
        and interval.enter <= day < interval.leave
        and interval.day_0 + day <= as_of
        for interval in intervals
    )


@given(
    first=st.lists(at_risk_intervals(), max_size=8),
    moves=st.lists(st.tuples(st.integers(0, 6), st.booleans(), at_risk_intervals()), max_size=8),
)
def test_every_count_equals_the_count_of_all_intervals(
    first: list[AtRiskInterval], moves: list[tuple[int, bool, AtRiskInterval]]
):
    """The counts stay exact while days pass and intervals are added and removed."""
    intervals, as_of = list(first), 3
    table = AtRiskTable.from_intervals(ARMS, intervals, as_of)
    for days, is_added, interval in moves:
        as_of += days
        table.advance_to(as_of)
        if is_added:
            intervals.append(interval)
            table.add(interval)
        elif intervals:
            table.remove(intervals.pop(days % len(intervals)))
        for arm in range(ARMS):
            expected = [count_at_risk(intervals, arm, day, as_of) for day in range(30)]
            assert [table.count(arm, day) for day in range(30)] == expected


@given(st.lists(at_risk_intervals(), max_size=8), st.integers(0, 40))
def test_a_fresh_table_equals_one_that_was_advanced(intervals: list[AtRiskInterval], day: int):
    """The table does not depend on how often it was advanced."""
    fresh, advanced = (
        AtRiskTable.from_intervals(ARMS, intervals, day),
        AtRiskTable.from_intervals(ARMS, intervals, 0),
    )
    for each in range(day + 1):
        advanced.advance_to(each)

    assert fresh.arms == advanced.arms
