"""The list on a terminal: groups are indented, and due dates have a column where there are any."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

from rich.console import Console

from alerts.alert import AlertKind
from alerts.register.due_order import ordered_by_due_date
from tests.alerts.notification.published_alerts import FIRST_REVISION
from tocsin.display.alerts import alert_grid

HEAD = replace(FIRST_REVISION, id="aa" * 12, watch="tee-general-population")
TERM = replace(
    HEAD, id="bb" * 12, watch="screening/preferred_term/pulmonary embolism/ivig",
    term="Pulmonary embolism",
)  # fmt: skip
CASE = replace(
    HEAD, id="cc" * 12, watch="rule/clots", kind=AlertKind.CASE, about="edc/c1", e_value=None,
    due=(("receipt", "2019-03-20"),),
)  # fmt: skip
OTHER = replace(HEAD, id="dd" * 12, watch="rule/deaths", due=(("receipt", "2019-03-21"),))


def test_a_group_is_indented_under_its_alert():
    """The group comes first, by its case's due date; every alert has its id, state and date."""
    heads = {TERM.id: HEAD.id, CASE.id: HEAD.id}
    alerts = ordered_by_due_date([OTHER, TERM, CASE, HEAD], heads)
    console = Console(width=160, file=StringIO())
    console.print(alert_grid(alerts, "4 open", (), heads))
    assert isinstance(console.file, StringIO)
    _, header, *lines = console.file.getvalue().splitlines()

    assert alerts == [HEAD, CASE, TERM, OTHER]
    assert header.split()[:2] == ["state", "due"]
    assert [len(line) - len(line.lstrip()) for line in lines] == [0, 2, 2, 0]
    assert "2019-03-20" in lines[1] and "2019-03-21" in lines[3]
    assert "screening/preferred_term/Pulmonary embolism/ivig" in lines[2]
    assert all(f"{alert.id}:1" in line for alert, line in zip(alerts, lines, strict=True))


def test_an_alert_whose_head_is_not_listed_stands_alone():
    """A filter that leaves out the watch's alert leaves the others in the list."""
    assert ordered_by_due_date([TERM, CASE], {TERM.id: HEAD.id, CASE.id: HEAD.id}) == [CASE, TERM]
