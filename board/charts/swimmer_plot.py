"""Swimmer plot: one row a subject with its treatments, doses and events, by week of treatment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from board.charts.scale import LinearScale, linear_ticks
from board.charts.svg import chart, group, line, mark, rectangle, text

ROW_HEIGHT = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SwimmerSpell:
    """Days ``[start, end)`` at risk on one arm in one period, counted from day 0 of the row."""

    start: int
    end: int
    arm: int
    arm_name: str
    period: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SwimmerDose:
    """A dose from day *first* to day *last*, both inclusive."""

    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SwimmerEvent:
    """An event of the alert on the row's day *day*."""

    day: int
    case_id: str
    term: str
    serious: bool
    first: bool
    days_since_dose: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SwimmerRow:
    """One subject; day 0 is its first day on treatment, *end* is the day after its last."""

    subject: str
    start: str
    end: int
    spells: tuple[SwimmerSpell, ...]
    doses: tuple[SwimmerDose, ...]
    events: tuple[SwimmerEvent, ...]


def swimmer_plot(
    rows: Sequence[SwimmerRow], *, title: str, description: str, narrow: bool = False
) -> str:
    """Return the chart of *rows*; *narrow* draws it for a phone."""
    width, left, margin = (360.0, 54.0, 12.0) if narrow else (1080.0, 96.0, 170.0)
    days = LinearScale(0, max([7, *(row.end for row in rows)]), left, width - margin)
    foot = 26 + ROW_HEIGHT * len(rows)
    drawn = [
        _row(row, days, 24 + ROW_HEIGHT * (number + 0.5), narrow=narrow)
        for number, row in enumerate(rows)
    ]
    return chart(
        _periods(rows, days, foot),
        *drawn,
        _axis(days, foot, 4 if narrow else 10),
        title=title,
        description=description,
        width=width,
        height=foot + 26,
    )


def _row(row: SwimmerRow, days: LinearScale, y: float, *, narrow: bool) -> str:
    parts = [text(0, y + 4, row.subject, class_="name")]
    for spell in row.spells:
        x = days.position(spell.start)
        parts.append(
            rectangle(
                x, y - 6, days.position(spell.end) - x, 12,
                class_=f"bar course arm-{spell.arm % 5}",
                data_from=spell.start, data_to=spell.end, data_arm=spell.arm_name,
            )
        )  # fmt: skip
    for dose in row.doses:
        x = days.position(dose.first)
        width = max(2.0, days.position(dose.last + 1) - x)
        parts.append(
            rectangle(
                x, y - 8, width, 16,
                class_="dose", data_from=dose.first, data_to=dose.last, data_kind="dose",
            )
        )  # fmt: skip
    for event in row.events:
        parts.append(
            mark(
                "down", days.position(event.day), y - 8, 11,
                class_="mark signal" if event.serious else "mark open",
                data_day=event.day, data_kind="event", data_case=event.case_id,
            )
        )  # fmt: skip
    since = row.events[0].days_since_dose if row.events else None
    if since is not None and not narrow:
        label = "on a day of a dose" if since == 0 else f"{since} days after a dose"
        parts.append(text(days.end + 10, y + 4, label, class_="small"))
    return group(*parts, data_subject=row.subject)


def _periods(rows: Sequence[SwimmerRow], days: LinearScale, foot: float) -> str:
    """Return the day on which every row with a second period begins it, where it is one day."""
    starts = {
        (after.start, before.period, after.period)
        for row in rows
        for before, after in zip(row.spells, row.spells[1:], strict=False)
        if before.period != after.period
    }
    if len(starts) != 1:
        return ""
    start, before, after = starts.pop()
    x = days.position(start)
    return group(
        line(x, 6, x, foot, class_="reference"),
        text(x - 7, 13, before, class_="small", text_anchor="end"),
        text(x + 7, 13, after, class_="small"),
    )


def _axis(days: LinearScale, foot: float, count: int) -> str:
    weeks = linear_ticks(0, days.high / 7, count)
    step = weeks[1] - weeks[0] if len(weeks) > 1 else 1
    if step == 5 and count > 4:
        weeks = [float(week) for week in range(0, int(days.high / 7) + 1, 4)]
    parts = [line(days.start, foot, days.end, foot, class_="axis")]
    for week in weeks:
        x = days.position(week * 7)
        parts.append(line(x, foot, x, foot + 5, class_="axis"))
        label = f"week {week:g}" if week == 0 else f"{week:g}"
        parts.append(
            text(
                x, foot + 19, label,
                text_anchor="middle", data_axis="week", data_value=week, data_at=x,
            )
        )  # fmt: skip
    return group(*parts)
