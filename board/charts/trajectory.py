"""The evidence of a watch over time against its boundaries, with a rug of its events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from board.charts.rug import OnsetMark, onset_rug, rug_height
from board.charts.scale import (
    MONTHS,
    LinearScale,
    LogScale,
    day_ticks,
    log_bounds,
    log_ticks,
    step_path,
)
from board.charts.spread import spread
from board.charts.svg import chart, group, line, mark, path, rectangle, text

LOWEST = 1e-3
"""E-values below are drawn at the foot of the axis."""

PLOT_HEIGHT = 260.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TimePoint:
    """The evidence from the ISO *day* on; *position* is the record's, None on the other clock."""

    day: str
    position: int | None
    e_value: float
    log_e: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionMark:
    """A revision by which the alert's level rose, with the evidence at that record."""

    revision: int
    level: str
    day: str
    e_value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceLines:
    """The evidence between two ISO days on both clocks, its boundaries, rises and events."""

    start: str
    end: str
    known: Sequence[TimePoint]
    occurred: Sequence[TimePoint]
    watch_level: float | None
    boundary: float | None
    revisions: Sequence[RevisionMark]
    onsets: Sequence[OnsetMark]


@dataclass(frozen=True, slots=True)
class _Frame:
    """The axes of the chart: days from left to right, e-values from foot to top."""

    days: LinearScale
    values: LogScale
    right: float

    def place(self, point: TimePoint | RevisionMark) -> tuple[float, float]:
        """Return the position of a point."""
        return self.days.position(_ordinal(point.day)), self.values.position(point.e_value)


def evidence_trajectory(
    lines: EvidenceLines, *, title: str, description: str, narrow: bool = False
) -> str:
    """Return the chart of *lines*; *narrow* draws it for a phone."""
    frame = _frame(lines, narrow=narrow)
    rug_top = frame.values.start + 28
    height = rug_top + rug_height(len(lines.onsets)) + 6
    return chart(
        _zones(lines, frame),
        _axes(frame, narrow=narrow),
        _lines(lines, frame),
        _revisions(lines, frame, narrow=narrow),
        _labels(lines, frame, narrow=narrow),
        onset_rug(lines.onsets, frame.days, rug_top, frame.days.start),
        title=title,
        description=description,
        width=frame.right,
        height=height,
        class_="chart over-time",
    )


def _frame(lines: EvidenceLines, *, narrow: bool) -> _Frame:
    width, left, margin = (360.0, 38.0, 74.0) if narrow else (1080.0, 56.0, 150.0)
    values = [point.e_value for point in (*lines.known, *lines.occurred)]
    limits = [limit for limit in (lines.boundary, lines.watch_level) if limit]
    bounds = log_bounds([max(LOWEST, value) for value in [*values, *limits]], 0.1, 100.0)
    start, end = _ordinal(lines.start), _ordinal(lines.end)
    return _Frame(
        days=LinearScale(start, max(end, start + 1), left, width - margin),
        values=LogScale(bounds.low, bounds.high, 12 + PLOT_HEIGHT, 12),
        right=width,
    )


def _zones(lines: EvidenceLines, frame: _Frame) -> str:
    """Return the bands from the watch level and from the boundary upwards."""
    parts: list[str] = []
    width, boundary = frame.days.end - frame.days.start, lines.boundary
    ceiling = frame.values.end
    for level, limit in (("signal", boundary), ("watch", lines.watch_level)):
        if limit is not None and frame.values.position(limit) > ceiling:
            y = frame.values.position(limit)
            parts.append(
                rectangle(frame.days.start, ceiling, width, y - ceiling, class_=f"zone {level}")
            )
            parts.append(
                line(
                    frame.days.start, y, frame.days.end, y,
                    class_=f"boundary {level}", data_value=limit, data_kind=level,
                )
            )  # fmt: skip
            ceiling = y
    return group(*parts)


def _axes(frame: _Frame, *, narrow: bool) -> str:
    parts: list[str] = []
    for value in log_ticks(frame.values.low, frame.values.high):
        y = frame.values.position(value)
        parts.append(line(frame.days.start, y, frame.days.end, y, class_="grid"))
        parts.append(
            text(
                frame.days.start - 7, y + 4, _tick(value),
                text_anchor="end", data_value=value, data_axis="e", data_at=y,
            )
        )  # fmt: skip
    low, high = int(frame.days.low), int(frame.days.high)
    for day, label in day_ticks(low, high, 3 if narrow else 7):
        x = frame.days.position(day)
        parts.append(line(x, frame.values.start, x, frame.values.start + 5, class_="axis"))
        parts.append(
            text(
                x, frame.values.start + 19, label,
                text_anchor="middle", data_day=date.fromordinal(day).isoformat(),
                data_axis="day", data_at=x,
            )
        )  # fmt: skip
    parts.append(
        line(
            frame.days.start, frame.values.start, frame.days.end, frame.values.start, class_="axis"
        )
    )
    return group(*parts)


def _lines(lines: EvidenceLines, frame: _Frame) -> str:
    parts: list[str] = []
    for clock, points in (("occurred", lines.occurred), ("known", lines.known)):
        if points:
            places = [frame.place(point) for point in points]
            parts.append(
                path(
                    step_path(places, frame.days.end),
                    class_=f"line {clock}",
                    data_clock=clock,
                    data_points=len(points),
                )
            )
    return group(*parts)


def _revisions(lines: EvidenceLines, frame: _Frame, *, narrow: bool) -> str:
    parts: list[str] = []
    for each in lines.revisions:
        x, y = frame.place(each)
        level = each.level if each.level in ("signal", "watch") else "quiet"
        parts.append(
            mark(
                "circle", x, y, 18,
                class_=f"mark {level}", data_day=each.day, data_value=each.e_value,
                data_kind="revision",
            )
        )  # fmt: skip
        parts.append(text(x, y + 4, str(each.revision), class_="revision", text_anchor="middle"))
        label = f"{each.level} {_day(each.day)}"
        is_left = x > (frame.days.start + frame.days.end) / 2
        if not narrow:
            parts.append(
                text(
                    x - 14 if is_left else x + 14, y - 7, label,
                    class_=level, text_anchor="end" if is_left else "start",
                )
            )  # fmt: skip
    return group(*parts)


def _labels(lines: EvidenceLines, frame: _Frame, *, narrow: bool) -> str:
    """Return the labels at the right: the evidence now, and the boundaries, moved apart."""
    labels: list[tuple[float, str, str]] = []
    latest = [*lines.occurred, *lines.known][-1:]
    for now in (point.e_value for point in latest):
        labels.append((frame.values.position(now), f"E = {_short(now)}", "strong"))
    if lines.boundary is not None:
        limit = lines.boundary
        word = "signal" if narrow else "signal at"
        labels.append((frame.values.position(limit), f"{word} {_short(limit)}", "signal"))
    if lines.watch_level is not None:
        limit = lines.watch_level
        word = "watch" if narrow else "watch at"
        labels.append((frame.values.position(limit), f"{word} {_short(limit)}", "watch"))
    places = spread([y for y, _, _ in labels], 15, frame.values.end, frame.values.start)
    parts = [
        text(frame.days.end + 10, y + 4, label, class_=class_)
        for y, (_, label, class_) in zip(places, labels, strict=True)
    ]
    for now in (point.e_value for point in latest):
        y = frame.values.position(now)
        parts.append(
            mark(
                "circle", frame.days.end, y, 8,
                class_="mark now", data_kind="now", data_value=now,
            )
        )  # fmt: skip
    return group(*parts)


def _ordinal(iso_day: str) -> int:
    return date.fromisoformat(iso_day).toordinal()


def _day(iso_day: str) -> str:
    day = date.fromisoformat(iso_day)
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def _tick(value: float) -> str:
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"


def _short(value: float) -> str:
    """Return *value* with three significant digits."""
    if value >= 1e6:
        return f"{value:.2e}"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
