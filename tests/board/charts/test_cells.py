"""Reads the geometry of the charts back, and compares it with the numbers."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from board.charts.arm_dots import MARGIN as DOTS_MARGIN
from board.charts.arm_dots import WIDTH as DOTS_WIDTH
from board.charts.arm_dots import arm_dots
from board.charts.evidence_cell import evidence_cell
from board.charts.incidence import incidence
from board.charts.interval_cell import interval_cell
from board.charts.subject_timeline import subject_timeline
from board.charts.volcano import volcano

HOSTILE = "<script>alert(1)</script>"


def elements(svg: str, name: str) -> list[ElementTree.Element]:
    return [each for each in ElementTree.fromstring(svg).iter() if each.tag == name]


def test_the_dots_stand_at_their_percents():
    """A percent of the highest is the same share of the axis, within half a pixel."""
    circle = elements(arm_dots(29.0, 8.0, 36.0, "Headache"), "circle")[0]
    expected = DOTS_MARGIN + 8 / 36 * (DOTS_WIDTH - 2 * DOTS_MARGIN)
    assert float(circle.attrib["cx"]) == pytest.approx(expected, abs=0.5)
    assert circle.attrib["data-percent"] == "8.0"


def test_an_interval_without_zero_is_marked_in_text_and_class():
    """Limits beyond the axis end at its end; the title has the true ones."""
    svg = interval_cell(20.5, 5.4, 95.0, (-30, 60), "Headache")
    interval = next(e for e in elements(svg, "line") if "interval" in e.attrib["class"])
    assert interval.attrib["class"] == "interval signal"
    assert interval.attrib["x2"] == "124"
    assert "+20.5 (5.4 to 95.0)" in svg


def test_the_evidence_stands_on_the_log_axis():
    """E = 1 lies in the dotted line, 100 at three quarters of 0.1 to 1,000."""
    svg = evidence_cell(100.0, 1240.0, 1000.0, "quiet", "Headache")
    circle = elements(svg, "circle")[0]
    assert float(circle.attrib["cx"]) == pytest.approx(7 + 0.75 * 86, abs=0.5)


@pytest.mark.parametrize(
    "svg",
    [
        arm_dots(1.0, None, 2.0, HOSTILE),
        interval_cell(None, None, None, (-1, 1), HOSTILE),
        evidence_cell(None, None, 10, "quiet", HOSTILE),
        volcano([(HOSTILE, None, 5.0, 3, "quiet")], None, HOSTILE),
        incidence([(HOSTILE, 10, [(3, 50.0)], [(0, 2)])], HOSTILE),
        subject_timeline([(0, 9, HOSTILE, 0)], [0], [(3, HOSTILE, True)], HOSTILE),
    ],
)
def test_a_hostile_name_stays_text(svg: str):
    """Each chart is well-formed, has a title, and no element from a name."""
    root = ElementTree.fromstring(svg)
    assert root.attrib["role"] == "img"
    assert not [each for each in root.iter() if "script" in each.tag]
    assert root.find("title") is not None


def test_the_steps_of_incidence_are_read_back():
    """The path of an arm rises at the days of its steps to their percents."""
    svg = incidence([("ivig", 100, [(20, 10.0), (50, 30.0)], [(0, 5)])], "Headache")
    data = elements(svg, "path")[0].attrib["d"]
    x = [float(each) for each in re.findall(r"H([\d.]+)", data)]
    assert x == pytest.approx([60 + 0.2 * 530, 60 + 0.5 * 530, 590], abs=0.5)


def test_terms_without_a_ratio_stand_at_the_right_end():
    """A term with events on treatment only is a triangle at the end of the axis."""
    svg = volcano([("Myalgia", None, 8.3, 4, "quiet"), ("Pain", 1.0, 1.0, 2, "quiet")], 1240, "x")
    marks = {
        e.attrib["data-term"]: e
        for e in elements(svg, "path") + elements(svg, "circle")
        if "data-term" in e.attrib
    }
    assert marks["Myalgia"].tag == "path" and marks["Pain"].tag == "circle"
    assert float(marks["Pain"].attrib["cx"]) == pytest.approx((56 + 604) / 2, abs=0.5)
