"""The rug below a trajectory: each event from its onset to its report and to its being counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from board.charts.scale import LinearScale
from board.charts.svg import group, line, mark, text

ROWS_MAX = 60
"""Events that have a row: the latest ones."""

LABELLED_MAX = 16
"""Rows up to which each is labelled with its subject."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnsetMark:
    """An event on the time axis: ISO days of its onset, its report, and since when it counts.

    *first* marks the events of the day on which the subject has its first event.
    """

    case_id: str
    subject: str
    onset: str
    reported: str | None
    counted: str | None
    serious: bool
    first: bool


def row_height(count: int) -> float:
    """Return the height of one row of *count*."""
    return 14.0 if count <= LABELLED_MAX else 6.0


def rug_height(count: int) -> float:
    """Return the height of the rug of *count* events, with its heading."""
    shown = min(count, ROWS_MAX)
    return 24 + row_height(shown) * shown if count else 0


def onset_rug(onsets: Sequence[OnsetMark], days: LinearScale, top: float, label_x: float) -> str:
    """Return the rows of *onsets* from *top* downwards, on the day axis *days* (ordinals).

    A filled triangle is a serious event, an open one is not serious; a bar is its report, a diamond
    the day from which it counts.
    """
    if not onsets:
        return ""
    shown = sorted(onsets, key=lambda each: (each.onset, each.case_id))[-ROWS_MAX:]
    height = row_height(len(shown))
    heading = f"{len(onsets)} events" if len(onsets) > 1 else "1 event"
    if len(shown) < len(onsets):
        heading += f", the latest {len(shown)} drawn"
    rows = [
        _row(each, days, top + 24 + height * (number + 0.5), len(shown) <= LABELLED_MAX)
        for number, each in enumerate(shown)
    ]
    return group(
        text(label_x, top + 14, heading, class_="small", text_anchor="start"),
        *rows,
        class_="rug",
    )


def _row(each: OnsetMark, days: LinearScale, y: float, labelled: bool) -> str:
    start = _x(days, each.onset)
    ends = [_x(days, day) for day in (each.reported, each.counted) if day is not None]
    parts: list[str] = []
    if ends:
        parts.append(line(start, y, max(start, *ends), y, class_="interval"))
    if each.reported is not None:
        attributes = {"class_": "mark", "data_day": each.reported, "data_kind": "reported"}
        parts.append(mark("bar", _x(days, each.reported), y, 7, **attributes))
    if each.counted is not None:
        attributes = {"class_": "mark", "data_day": each.counted, "data_kind": "counted"}
        parts.append(mark("diamond", _x(days, each.counted), y, 7, **attributes))
    class_ = "mark signal" if each.serious else "mark open"
    attributes = {"class_": class_, "data_day": each.onset, "data_kind": "onset"}
    parts.append(mark("down", start, y, 8, **attributes))
    if labelled:
        parts.append(
            text(max(start, *ends, start) + 9, y + 4, each.subject, class_="small")
            if ends
            else text(start + 9, y + 4, each.subject, class_="small")
        )
    return group(*parts, data_case=each.case_id, data_serious=str(each.serious).lower())


def _x(days: LinearScale, iso_day: str) -> float:
    return days.clamped(date.fromisoformat(iso_day).toordinal())
