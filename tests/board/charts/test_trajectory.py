"""The chart of evidence over time: what its geometry says equals the table within half a pixel."""

from __future__ import annotations

from datetime import date
from math import log10
from random import Random
from xml.etree.ElementTree import Element

import pytest

from board.charts.rug import ROWS_MAX, OnsetMark
from board.charts.trajectory import (
    LOWEST,
    EvidenceLines,
    RevisionMark,
    TimePoint,
    evidence_trajectory,
)
from tests.board.charts.svg_reader import (
    centre,
    day_axis,
    e_axis,
    marks,
    parse_svg,
    step_corners,
)
from tests.board.views.alert_facts import SIGNAL_ID, evidence_of, page_of_alert, proderm_facts

HALF_A_PIXEL = 0.5


def proderm_lines() -> EvidenceLines:
    """The evidence of ProDERM's signal over time."""
    over_time = evidence_of(page_of_alert(proderm_facts(), SIGNAL_ID)).over_time
    assert over_time is not None
    return over_time.lines


def chart_of(lines: EvidenceLines, *, narrow: bool = False) -> Element:
    """The chart of *lines*, parsed."""
    return parse_svg(evidence_trajectory(lines, title="t", description="d", narrow=narrow))


def ordinal(day: str) -> int:
    """The ordinal of an ISO day."""
    return date.fromisoformat(day).toordinal()


def assert_line_equals(root: Element, clock: str, points: list[TimePoint]) -> None:
    """Every point of the table is on the line, and the line holds each until the next."""
    [path] = marks(root, clock=clock)
    days, values = day_axis(root), e_axis(root)
    corners = step_corners(path)
    assert int(str(path.get("data-points"))) == len(points)
    index = 0
    for point in points:
        x = days.position(ordinal(point.day))
        y = values.position(log10(max(point.e_value, LOWEST)))
        while (
            abs(corners[index][0] - x) > HALF_A_PIXEL or abs(corners[index][1] - y) > HALF_A_PIXEL
        ):
            index += 1
            assert index < len(corners), f"{point} is not on the line"


@pytest.mark.parametrize("narrow", [False, True])
def test_both_lines_go_through_every_point_of_the_table(narrow: bool):
    """The 968 points as known and those as occurred are read back from the paths."""
    lines = proderm_lines()
    root = chart_of(lines, narrow=narrow)

    assert_line_equals(root, "known", list(lines.known))
    assert_line_equals(root, "occurred", list(lines.occurred))


@pytest.mark.parametrize("narrow", [False, True])
def test_boundaries_and_rises_stand_at_their_values(narrow: bool):
    """The signal boundary is at 66.7, the watch level at 5, and each rise at its day and E."""
    lines = proderm_lines()
    root = chart_of(lines, narrow=narrow)
    days, values = day_axis(root), e_axis(root)

    for kind, limit in (("signal", lines.boundary), ("watch", lines.watch_level)):
        [boundary] = marks(root, kind=kind)
        assert limit is not None
        y = float(str(boundary.get("y1")))
        assert y == pytest.approx(values.position(log10(limit)), abs=HALF_A_PIXEL)
    rises = marks(root, kind="revision")
    assert len(rises) == len(lines.revisions) == 2
    for mark, revision in zip(rises, lines.revisions, strict=True):
        x, y = centre(mark)
        assert x == pytest.approx(days.position(ordinal(revision.day)), abs=HALF_A_PIXEL)
        assert y == pytest.approx(values.position(log10(revision.e_value)), abs=HALF_A_PIXEL)


def test_the_rug_has_each_event_at_its_onset_report_and_count():
    """Marks of each case stand at the days of the line listing."""
    lines = proderm_lines()
    root = chart_of(lines)
    days = day_axis(root)

    for onset in lines.onsets:
        [row] = marks(root, case=onset.case_id)
        for kind, day in (
            ("onset", onset.onset),
            ("reported", onset.reported),
            ("counted", onset.counted),
        ):
            [mark] = [each for each in row if each.get("data-kind") == kind]
            assert day is not None
            assert mark.get("data-day") == day
            assert centre(mark)[0] == pytest.approx(days.position(ordinal(day)), abs=HALF_A_PIXEL)


def random_lines(random: Random) -> EvidenceLines:
    """Evidence over a random time, from nearly nothing to more than a million."""
    start = date(2020, 1, 1).toordinal() + random.randrange(900)
    days = sorted(random.randrange(40, 1500) for _ in range(random.randrange(2, 60)))
    points = [
        TimePoint(
            day=date.fromordinal(start + day).isoformat(),
            position=number,
            e_value=10 ** random.uniform(-5, 7),
            log_e=0.0,
        )
        for number, day in enumerate([0, *days])
    ]
    rise = random.choice(points)
    return EvidenceLines(
        start=points[0].day,
        end=date.fromordinal(start + 1500).isoformat(),
        known=points,
        occurred=points[::2],
        watch_level=random.choice([None, 5.0]),
        boundary=random.choice([None, 20.0, 66.7, 400.0]),
        revisions=[RevisionMark(revision=1, level="watch", day=rise.day, e_value=rise.e_value)],
        onsets=[],
    )


@pytest.mark.parametrize("seed", range(20))
def test_any_evidence_is_drawn_within_half_a_pixel(seed: int):
    """E below a thousandth stands at the foot of the axis; all else at its value."""
    lines = random_lines(Random(seed))
    root = chart_of(lines)

    assert_line_equals(root, "known", list(lines.known))
    assert_line_equals(root, "occurred", list(lines.occurred))


def test_no_name_leaves_markup_in_the_chart():
    """A subject or case that is markup stays text."""
    hostile = "</svg><script>alert(1)</script>\"'&"
    onset = OnsetMark(
        case_id=hostile,
        subject=hostile,
        onset="2020-02-01",
        reported=None,
        counted=None,
        serious=False,
        first=True,
    )
    lines = random_lines(Random(1))
    marked = EvidenceLines(
        start="2020-01-01",
        end="2021-01-01",
        known=lines.known[:1],
        occurred=(),
        watch_level=None,
        boundary=None,
        revisions=(),
        onsets=[onset],
    )
    svg = evidence_trajectory(marked, title=hostile, description=hostile)
    root = parse_svg(svg)

    assert "<script" not in svg
    assert any(element.text == hostile for element in root.iter())
    assert root.get("role") == "img"


def test_of_very_many_events_the_latest_are_drawn_and_the_number_is_said():
    """The listing has all of them; the rug says how many it shows."""
    day = date(2020, 1, 1).toordinal()
    onsets = [
        OnsetMark(
            case_id=f"c{number}",
            subject=f"S{number}",
            onset=date.fromordinal(day + number).isoformat(),
            reported=None,
            counted=None,
            serious=True,
            first=True,
        )
        for number in range(100)
    ]
    base = random_lines(Random(2))
    lines = EvidenceLines(
        start="2020-01-01",
        end="2025-01-01",
        known=base.known[:2],
        occurred=(),
        watch_level=5.0,
        boundary=20.0,
        revisions=(),
        onsets=onsets,
    )
    root = chart_of(lines)

    assert len(marks(root, kind="onset")) == ROWS_MAX
    assert any(
        element.text == f"100 events, the latest {ROWS_MAX} drawn" for element in root.iter()
    )
