"""Draws the evidence of a watch over time as one SVG that needs nothing beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from alerts.register.history import HistoryEntry
from board.charts.trajectory import evidence_trajectory
from board.views.evidence_over_time import evidence_lines
from board.views.facts import StudyFacts
from board.views.watched_cases import watched_cases
from monitor.state.study import ActiveWatch

STYLE = """\
.tocsin{background:#fff}
.tocsin text{font:12px system-ui,sans-serif;fill:#4d5866}
.tocsin text.strong{fill:#141a22;font-weight:650}
.tocsin text.signal{fill:#b3201a;font-weight:650}
.tocsin text.watch{fill:#7a5000;font-weight:650}
.tocsin text.revision{fill:#fff;font-weight:650}
.tocsin .axis{stroke:#7b8794;fill:none}
.tocsin .grid{stroke:#e3e8ee;fill:none}
.tocsin .zone.signal{fill:#fdecea}
.tocsin .zone.watch{fill:#fff4da}
.tocsin .boundary.signal{stroke:#b3201a;stroke-width:1.75}
.tocsin .boundary.watch{stroke:#7a5000;stroke-dasharray:6 4}
.tocsin .line{fill:none;stroke:#0b5ca8;stroke-width:2.25;stroke-linejoin:round}
.tocsin .line.occurred{stroke-width:1.5;stroke-dasharray:5 3}
.tocsin .interval{stroke:#5b6675;fill:none}
.tocsin .mark{fill:#5b6675;stroke:#fff}
.tocsin .mark.signal{fill:#b3201a}
.tocsin .mark.watch{fill:#7a5000}
.tocsin .mark.now{fill:#0b5ca8}
.tocsin .mark.open{fill:#fff;stroke:#b3201a;stroke-width:1.75}
"""
"""The light colours of the board's charts, under a class of its own."""

DESCRIPTION = (
    "E on a logarithmic axis by day, with its boundaries: as known (solid), and as occurred"
    " (dashed), by what is known today.  Below: the events from onset to report."
)


@dataclass(frozen=True, slots=True)
class EvidencePlot:
    """A picture of the evidence of a watch; `svg` is its text."""

    svg: str

    def _repr_svg_(self) -> str:
        """Return the SVG that a notebook shows."""
        return self.svg

    def save(self, path: str | Path) -> None:
        """Write the SVG to the file *path*."""
        Path(path).write_text(self.svg, encoding="utf-8")


def plot_evidence(
    facts: StudyFacts, active_watch: ActiveWatch, history: Sequence[HistoryEntry]
) -> EvidencePlot:
    """Draw the evidence of *active_watch*; *history* has the revisions of its alerts.

    Raises ValueError where nothing is recorded, because no day is on record yet.
    """
    lines = evidence_lines(facts, active_watch, watched_cases(facts, active_watch), history)
    if lines is None:
        raise ValueError(f"{active_watch.id}: no evidence is recorded yet")
    title = f"Evidence over time: {active_watch.id}"
    chart = evidence_trajectory(lines, title=title, description=DESCRIPTION)
    head = '<svg xmlns="http://www.w3.org/2000/svg" class="tocsin '
    styled = chart.replace('<svg class="', head, 1)
    return EvidencePlot(styled.replace("</desc>", f"</desc><style>{STYLE}</style>", 1))
