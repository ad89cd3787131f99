"""One subject: stays on treatment as bars, doses as strokes, events as marks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from board.charts.scale import LinearScale
from board.charts.svg import chart, group, line, mark, rectangle, text

WIDTH, LEFT, RIGHT = 760, 20, 20
BAR_TOP, BAR_HEIGHT, EVENT_ROW, EVENTS_SIDE_BY_SIDE = 40, 18, 16, 6
DAYS_IN_WEEK = 7


class StayRow(NamedTuple):
    """A stay: days from the first dose, what it is called, and the number of its treatment."""

    first_day: int
    last_day: int
    label: str
    treatment: int


class EventRow(NamedTuple):
    """An event: days from the first dose, its term, and whether it is serious."""

    day: int
    term: str
    serious: bool


def subject_timeline(
    stays: Sequence[Sequence[Any]],
    dose_days: Sequence[int],
    events: Sequence[Sequence[Any]],
    subject: str,
) -> str:
    """Return the chart of *stays* and *events*, the fields of ``StayRow`` and ``EventRow`` each."""
    bars, marks = [StayRow(*each) for each in stays], [EventRow(*each) for each in events]
    days = [0, 1, *(bar.last_day for bar in bars), *(each.day for each in marks)]
    across = LinearScale(min(days), max(days), LEFT, WIDTH - RIGHT)
    rows = _event_rows(marks, across)
    bottom = BAR_TOP + BAR_HEIGHT + 10 + EVENT_ROW * (max(rows, default=0) + 1)
    return chart(
        group(*(_bar(bar, across) for bar in bars)),
        group(*(_dose(day, across) for day in dose_days)),
        group(*(_event(each, row, across) for each, row in zip(marks, rows, strict=True))),
        _weeks(across, max(days), bottom),
        title=f"Treatment and {len(marks)} events of {subject}",
        description="Weeks since the first dose across; each event is in the table below.",
        width=WIDTH,
        height=bottom + 40,
    )


def _bar(bar: StayRow, across: LinearScale) -> str:
    x, end = across.position(bar.first_day), across.position(bar.last_day + 1)
    return group(
        rectangle(
            x,
            BAR_TOP,
            end - x,
            BAR_HEIGHT,
            class_=f"band arm-{bar.treatment % 5}",
            data_first=bar.first_day,
            data_last=bar.last_day,
        ),
        text(x + 2, BAR_TOP - 8, bar.label, class_="small"),
    )


def _dose(day: int, across: LinearScale) -> str:
    x = across.position(day)
    return line(x, BAR_TOP, x, BAR_TOP + BAR_HEIGHT, class_="boundary dose", data_day=day)


def _event(each: EventRow, row: int, across: LinearScale) -> str:
    return mark(
        "down",
        across.position(each.day),
        BAR_TOP + BAR_HEIGHT + 14 + EVENT_ROW * row,
        9,
        class_="mark signal" if each.serious else "mark open",
        data_term=each.term,
        data_day=each.day,
    )


def _event_rows(events: Sequence[EventRow], across: LinearScale) -> list[int]:
    """Return for each event the first row in which it stands free of the others."""
    ends: list[float] = []
    rows: list[int] = []
    for each in events:
        x = across.position(each.day)
        row = next((index for index, end in enumerate(ends) if end < x), len(ends))
        if row >= EVENTS_SIDE_BY_SIDE:
            row = EVENTS_SIDE_BY_SIDE - 1
        ends[row : row + 1] = [x + 10]
        rows.append(row)
    return rows


def _weeks(across: LinearScale, last_day: int, top: float) -> str:
    step = next(each for each in (1, 2, 4, 8, 16, 52, 520) if last_day / 7 / each <= 14)
    parts = [text(WIDTH - RIGHT, top + 34, "weeks", class_="small", text_anchor="end")]
    for week in range(0, last_day // DAYS_IN_WEEK + 1, step):
        x = across.position(week * DAYS_IN_WEEK)
        parts += [
            line(x, top, x, top + 5, class_="axis"),
            text(x, top + 20, f"{week}", class_="tick", text_anchor="middle"),
        ]
    return group(*parts, class_="axes")
