"""Swimmer plot and evidence bars: their geometry equals their numbers within half a pixel."""

from __future__ import annotations

from math import log10

import pytest

from board.charts.evidence_bar import evidence_bar
from board.charts.swimmer_plot import (
    SwimmerDose,
    SwimmerEvent,
    SwimmerRow,
    SwimmerSpell,
    swimmer_plot,
)
from tests.board.charts.svg_reader import axis_of, centre, marks, parse_svg, week_axis
from tests.board.views.alert_facts import SIGNAL_ID, evidence_of, page_of_alert, proderm_facts

HALF_A_PIXEL = 0.5


@pytest.mark.parametrize("narrow", [False, True])
def test_courses_doses_and_events_stand_at_their_days(narrow: bool):
    """Every rectangle and mark of ProDERM's six subjects is read back by the axis of weeks."""
    rows = evidence_of(page_of_alert(proderm_facts(), SIGNAL_ID)).swimmer.rows
    root = parse_svg(swimmer_plot(rows, title="t", description="d", narrow=narrow))
    weeks = week_axis(root)

    for row in rows:
        [drawn] = marks(root, subject=row.subject)
        courses = [each for each in drawn if each.get("data-arm") is not None]
        assert len(courses) == len(row.spells)
        for course, spell in zip(courses, row.spells, strict=True):
            x, width = float(str(course.get("x"))), float(str(course.get("width")))
            assert x == pytest.approx(weeks.position(spell.start / 7), abs=HALF_A_PIXEL)
            assert x + width == pytest.approx(weeks.position(spell.end / 7), abs=HALF_A_PIXEL)
            assert course.get("data-arm") == spell.arm_name
        doses = [each for each in drawn if each.get("data-kind") == "dose"]
        for mark, dose in zip(doses, row.doses, strict=True):
            x = float(str(mark.get("x")))
            assert x == pytest.approx(weeks.position(dose.first / 7), abs=HALF_A_PIXEL)
        events = [each for each in drawn if each.get("data-kind") == "event"]
        for mark, event in zip(events, row.events, strict=True):
            assert centre(mark)[0] == pytest.approx(weeks.position(event.day / 7), abs=HALF_A_PIXEL)


def test_a_subject_with_a_hostile_name_leaves_no_markup():
    """Names of subjects, arms, periods and cases are text."""
    hostile = "<script>alert(1)</script>"
    row = SwimmerRow(
        subject=hostile,
        start="2020-01-01",
        end=30,
        spells=(
            SwimmerSpell(start=0, end=10, arm=0, arm_name=hostile, period=hostile),
            SwimmerSpell(start=10, end=30, arm=1, arm_name=hostile, period=f"{hostile}2"),
        ),
        doses=(SwimmerDose(first=0, last=1),),
        events=(
            SwimmerEvent(
                day=4, case_id=hostile, term=hostile, serious=False, first=True, days_since_dose=3
            ),
        ),
    )
    svg = swimmer_plot([row], title=hostile, description=hostile)

    assert "<script" not in svg
    assert sum(element.text == hostile for element in parse_svg(svg).iter()) >= 3


@pytest.mark.parametrize("e_value", [0.2, 1.0, 11.34, 1336.2, 9999.0])
def test_the_bar_ends_at_its_evidence_and_marks_its_boundary(e_value: float):
    """The axis is read back from the boundary and the end of the bar at 10,000."""
    root = parse_svg(evidence_bar(e_value, title="t", boundary=66.7, level="signal"))
    [now] = marks(root, value=repr(e_value))
    [boundary] = marks(root, value="66.7")
    axis = axis_of([(log10(0.1), 6.0), (log10(10_000), 154.0)])

    assert centre(now)[0] == pytest.approx(axis.position(log10(e_value)), abs=HALF_A_PIXEL)
    x = float(str(boundary.get("x1")))
    assert x == pytest.approx(axis.position(log10(66.7)), abs=HALF_A_PIXEL)
