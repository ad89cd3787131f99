"""A study into which a test folds records, with the results that the test inspects."""

from __future__ import annotations

from dataclasses import dataclass, field

from alerts.alert import Alert
from monitor.evidence.evaluate import likelihood_of
from monitor.evidence.summary import WatchSummary, watch_summaries
from monitor.records import Record
from monitor.state.entities import RecordOutcome
from monitor.state.study import Study
from monitor.stats.e_value import log_e
from monitor.tables.flow import count_data_findings
from monitor.tables.tabulate import RateRow, rate_rows
from streams.processor.pipeline import Pipeline, RecordResult
from tests.monitor.builders import STUDY, allocated, plan_record, treated


@dataclass(slots=True)
class Trial:
    """One study, and the result of every record that was submitted to it."""

    pipeline: Pipeline = field(default_factory=Pipeline)
    results: list[RecordResult] = field(default_factory=list[RecordResult])

    @property
    def study(self) -> Study:
        """The current state of the study."""
        return self.pipeline.studies[STUDY]

    def submit(self, *records: Record) -> RecordResult:
        """Fold *records* and return the result of the last."""
        for record in records:
            self.results.append(self.pipeline.process(record, len(self.results) + 1))
        return self.results[-1]

    @property
    def outcomes(self) -> list[RecordOutcome]:
        """The outcome of each record after the plan."""
        return [result.outcome for result in self.results[1:]]

    @property
    def alerts(self) -> list[Alert]:
        """Every alert revision, in order."""
        return [alert for result in self.results for alert in result.alerts]

    @property
    def raised(self) -> list[tuple[str, str, int]]:
        """Watch, level and revision of every alert revision."""
        return [(alert.watch, alert.level, alert.revision) for alert in self.alerts]

    @property
    def findings(self) -> dict[str, int]:
        """The number of data findings by kind."""
        return count_data_findings(self.study)

    def row(self, term: str = "DVT", treatment: str = "act", period: str = "all") -> RateRow:
        """The rate row of *term*, which must exist."""
        (rate_row,) = [
            row
            for row in rate_rows(self.study)
            if (row.term.name, row.treatment, row.period) == (term, treatment, period)
        ]
        return rate_row

    def counts(self, term: str = "DVT", treatment: str = "act") -> tuple[int, int]:
        """Subjects and events of *term* over all periods; zeros where there is no row."""
        cells = [
            row.cell
            for row in rate_rows(self.study)
            if (row.term.name, row.treatment, row.period) == (term, treatment, "all")
        ]
        return (cells[0].subjects, cells[0].events) if cells else (0, 0)

    def watch_summary(self, name: str = "clots") -> WatchSummary:
        """The summary of the watch *name*, from the exact evidence."""
        (summary,) = [one for one in watch_summaries(self.study) if one.watch.id == name]
        return summary

    def log_e_value(self, name: str = "clots") -> float:
        """Log E of the watch *name* as of now."""
        return log_e(likelihood_of(self.study, self.study.watches_by_id[name]).log_likelihood)


def trial(toml: str, *records: Record) -> Trial:
    """A study that the plan *toml* opens, with *records* folded into it."""
    study_trial = Trial()
    assert study_trial.submit(plan_record(toml)).outcome is RecordOutcome.FOLDED, (
        study_trial.results[-1].refusal
    )
    if records:
        study_trial.submit(*records)
    return study_trial


def two_arms(size: int, end: int | None = None) -> list[Record]:
    """Subjects A1, A2 … on `act` and C1, C2 … on `ctl` from day 0, *size* on each arm."""
    people = [(f"{arm[0].upper()}{n}", arm) for arm in ("act", "ctl") for n in range(1, size + 1)]
    return [
        record for who, arm in people for record in (allocated(who, arm), treated(who, arm, 0, end))
    ]
