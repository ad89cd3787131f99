"""The charts of the overview, read back: each mark stands where its value is."""

from __future__ import annotations

from math import log
from xml.etree import ElementTree

import pytest

from board.charts.ladder import ladder_axis, ladder_row, ladder_scale
from board.charts.scale import LinearScale, LogScale, day_ticks, linear_ticks, log_ticks, step_path
from board.charts.sparkline import sparkline
from board.charts.spread import spread
from board.charts.svg import LEVEL_SHAPES, element, mark

ROWS = [
    (1336.4, 66.67, "signal"),
    (11.34, 66.67, "watch"),
    (0.6, 100.0, "quiet"),
    (26, 1240, "quiet"),
]


def marks_of(drawing: str, attribute: str) -> list[ElementTree.Element]:
    """The elements of a drawing that carry *attribute*."""
    return [each for each in ElementTree.fromstring(drawing).iter() if attribute in each.attrib]


@pytest.mark.parametrize(("e_value", "boundary", "level"), ROWS)
def test_a_row_of_the_ladder_reads_back(e_value: float, boundary: float, level: str):
    """Mark and boundary invert to their values within half a pixel."""
    scale = ladder_scale([value for row in ROWS for value in row[:2]])
    drawing = ladder_row(
        scale, title="T", level=level, e_value=e_value, boundary=boundary, label="label"
    )
    (found,) = marks_of(drawing, "data-value")
    (limit,) = marks_of(drawing, "data-boundary")

    assert abs(float(found.attrib["data-x"]) - scale.position(e_value)) < 0.5
    assert abs(float(limit.attrib["x1"]) - scale.position(boundary)) < 0.5
    assert float(found.attrib["data-value"]) == e_value
    assert found.attrib["class"] == f"mark {level}"


def test_the_axis_has_the_ticks_of_the_rows():
    """The rows and the axis share one scale."""
    scale = ladder_scale([5.0])
    ticks = marks_of(ladder_axis(scale), "data-tick")

    assert [float(each.attrib["data-tick"]) for each in ticks] == [0.1, 1, 10, 100, 1000]
    for each in ticks:
        assert abs(float(each.attrib["x"]) - scale.position(float(each.attrib["data-tick"]))) < 0.5


def test_evidence_of_any_size_has_a_place():
    """The smallest and the largest evidence stay on the axis."""
    scale = ladder_scale([1e-300, 1e304])

    assert scale.start <= scale.position(1e-300) <= scale.position(1e304) <= scale.end
    assert len(log_ticks(scale.low, scale.high)) <= 8


def test_a_sparkline_ends_at_the_evidence_now():
    """The step line reaches the mark, and the boundary is where the zone begins."""
    points = [(100, 0.0), (150, log(10.0)), (200, log(80.0))]
    drawing = sparkline(
        points, title="T", first_day=100, last_day=300, boundary=20.0, level="signal",
        marks=[(200, "signal")],
    )  # fmt: skip
    root = ElementTree.fromstring(drawing)
    (line,) = [each for each in root.iter() if each.get("class") == "line"]
    (limit,) = marks_of(drawing, "data-boundary")
    (one,) = marks_of(drawing, "data-value")

    assert line.attrib["d"].count("V") == 2
    scale = LinearScale(0, log(20.0), float(one.attrib["y1"]), float(limit.attrib["y1"]))
    heights = [float(part.split("H")[0]) for part in line.attrib["d"].split("V")[1:]]
    assert heights == pytest.approx([scale.position(log(10.0)), scale.position(log(80.0))], abs=0.5)


def test_charts_escape_their_texts():
    """A title with markup stays a title."""
    drawing = sparkline(
        [(1, 0.0)], title="<script>&", first_day=1, last_day=1, boundary=None, level="quiet"
    )

    assert ElementTree.fromstring(drawing).attrib["aria-label"] == "<script>&"
    assert "<script>" not in drawing
    assert element("a", href='"><b') == '<a href="&quot;&gt;&lt;b"/>'


def test_levels_differ_by_shape():
    """A reader who sees no colour tells them apart."""
    shapes = {mark(shape, 0, 0) for shape in LEVEL_SHAPES.values()}

    assert len(shapes) == len(LEVEL_SHAPES)


@pytest.mark.parametrize("scale", [LinearScale(2, 7, 10, 90), LogScale(0.1, 1000, 10, 90)])
def test_scales_invert(scale: LinearScale | LogScale):
    """A test reads a value back from its position."""
    assert scale.value(scale.position(5.0)) == pytest.approx(5.0)
    assert scale.clamped(scale.high * 10) == pytest.approx(scale.end)


def test_ticks_stay_within_their_axis():
    """No tick stands beyond an end, and an axis without width has one."""
    assert linear_ticks(0, 1) == [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert linear_ticks(3, 3) == [3]
    assert day_ticks(737_000, 737_003) == []
    assert step_path([]) == ""


def test_labels_are_moved_apart_within_their_space():
    """They stay in order and do not leave the chart."""
    moved = spread([99.0, 98.0, 97.0, 5.0], 10, 0, 100)

    assert moved == [100.0, 90.0, 80.0, 5.0]
