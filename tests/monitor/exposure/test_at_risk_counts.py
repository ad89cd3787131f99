"""The table of who is at risk, held to a count of every stay on every day."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from monitor.dates import FOREVER
from monitor.exposure.at_risk import AtRiskInterval, AtRiskTable

ARMS = 2


@st.composite
def at_risk_intervals(draw: st.DrawFn) -> AtRiskInterval:
    """A stay of at least a day; one in three goes on."""
    day_0, enter = draw(st.integers(0, 20)), draw(st.sampled_from((0, 0, 0, 4, 9)))
    leave = draw(st.sampled_from((FOREVER - day_0, enter + 1, enter + 3, enter + 15)))
    return AtRiskInterval(draw(st.integers(0, ARMS - 1)), day_0, enter, leave)


def count_at_risk(held: list[AtRiskInterval], arm: int, day: int, as_of: int) -> int:
    """Those on *arm* who were at risk on study *day*, one by one."""
    return sum(
        stay.arm == arm and stay.enter <= day < stay.leave and stay.day_0 + day <= as_of
        for stay in held
    )


@given(
    first=st.lists(at_risk_intervals(), max_size=8),
    moves=st.lists(st.tuples(st.integers(0, 6), st.booleans(), at_risk_intervals()), max_size=8),
)
def test_every_count_is_that_of_all_stays_one_by_one(
    first: list[AtRiskInterval], moves: list[tuple[int, bool, AtRiskInterval]]
):
    """Days pass, stays come, begin, end and are taken back: the table keeps up with all of it."""
    held, as_of = list(first), 3
    table = AtRiskTable.from_intervals(ARMS, held, as_of)
    for days, comes, stay in moves:
        as_of += days
        table.advance_to(as_of)
        if comes:
            held.append(stay)
            table.add(stay)
        elif held:
            table.remove(held.pop(days % len(held)))
        for arm in range(ARMS):
            right = [count_at_risk(held, arm, day, as_of) for day in range(30)]
            assert [table.count(arm, day) for day in range(30)] == right


@given(st.lists(at_risk_intervals(), max_size=8), st.integers(0, 40))
def test_a_table_made_today_is_one_that_has_waited(held: list[AtRiskInterval], day: int):
    """Nothing depends on how often anyone looked on the way."""
    fresh, waited = (
        AtRiskTable.from_intervals(ARMS, held, day),
        AtRiskTable.from_intervals(ARMS, held, 0),
    )
    for each in range(day + 1):
        waited.advance_to(each)

    assert fresh.arms == waited.arms
