"""The results of a replay for one study, as a notebook uses them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from alerts.register.case_alerts import count_findings
from alerts.register.register import AlertRegister
from board.views.facts import StudyFacts
from board.views.watch_trajectory import CLOCKS
from monitor.state.study import ActiveWatch
from streams.replay.replay import Replay
from streams.replay.result import result_line
from tocsin.columns import (
    Columns,
    describe_excluded,
    rate_columns,
    trajectory_columns,
    watch_columns,
)

if TYPE_CHECKING:
    from tocsin.evidence_plot import EvidencePlot


@dataclass(frozen=True, repr=False)
class ReplayRun:
    """The results of a replay for one study; `result` has all of them, as ``--json`` prints."""

    _replay: Replay
    _facts: StudyFacts

    @cached_property
    def result(self) -> dict[str, Any]:
        """The result line of the study: see schemas/ and docs/replay.md."""
        return result_line(self._replay, self._facts.study)

    @property
    def study(self) -> str:
        """Name of the study."""
        return self._facts.study.name

    @property
    def as_of(self) -> date | None:
        """The as-of date; None before any record has shown a day."""
        day = self._facts.study.as_of
        return None if day is None else date.fromordinal(day)

    @property
    def digest(self) -> str:
        """The digest of the state: equal digests, equal tables, evidence and alerts."""
        return self.result["digest"]

    @property
    def records(self) -> dict[str, int]:
        """Number of records by outcome."""
        return self.result["records"]

    @property
    def findings(self) -> dict[str, int]:
        """Number of findings in the data by kind."""
        return self.result["findings"] | dict(count_findings(self._facts.study))

    @property
    def not_included(self) -> list[dict[str, Any]]:
        """The records that were refused or conflict: line, reason, and what to do."""
        return [describe_excluded(each) for each in self._replay.excluded_lines]

    @property
    def alerts(self) -> list[dict[str, Any]]:
        """The alerts, each at its latest revision with its history."""
        return self.result["alerts"]

    def tables(self) -> Columns:
        """Events and rates of each term by period and treatment, as columns."""
        return rate_columns(self.result["tables"])

    def watches(self) -> Columns:
        """The evidence of each watch at the as-of date, as columns."""
        return watch_columns(self.result["watches"])

    def trajectory(self, watch: str, clock: str = "known") -> Columns:
        """The evidence of *watch* over time, as columns; each row holds until the next.

        On the clock `known` a row has the line of its record.  On `occurred` each day counts the
        events known today with onset up to it.  Raises KeyError for an unknown watch.
        """
        self._watch(watch)
        if clock not in CLOCKS:
            raise ValueError(f"clock {clock!r}: give one of {', '.join(CLOCKS)}")
        known = clock == CLOCKS[0]
        return trajectory_columns(
            self._facts.known[watch] if known else self._facts.occurred(watch)
        )

    def plot(self, watch: str) -> EvidencePlot:
        """The evidence of *watch* over time on both clocks, which a notebook shows as SVG."""
        # Imported here, because only a plot needs charts.
        from tocsin.evidence_plot import plot_evidence

        study = self._facts.study
        register = study.extension
        entries = register.entries.values() if isinstance(register, AlertRegister) else ()
        history = [item for each in entries if each.alert.watch == watch for item in each.history]
        return plot_evidence(self._facts, self._watch(watch), history)

    def __repr__(self) -> str:
        return f"<replay of {self.study} as of {self.as_of}, digest {self.digest[:12]}>"

    def _watch(self, watch: str) -> ActiveWatch:
        active_watch = self._facts.study.watches_by_id.get(watch)
        if active_watch is None or watch not in self._facts.known:
            names = ", ".join(self._facts.known) or "none"
            raise KeyError(f"{watch}: evidence over time is recorded for tiers 1 and 3: {names}")
        return active_watch
