"""A study that a test tells records to, and what the test may then look at."""

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
    """One study, every record told to it, and what became of each."""

    pipeline: Pipeline = field(default_factory=Pipeline)
    results: list[RecordResult] = field(default_factory=list[RecordResult])

    @property
    def study(self) -> Study:
        """The study as it stands."""
        return self.pipeline.studies[STUDY]

    def submit(self, *records: Record) -> RecordResult:
        """Take *records* in; what became of the last."""
        for record in records:
            self.results.append(self.pipeline.process(record, len(self.results) + 1))
        return self.results[-1]

    @property
    def outcomes(self) -> list[RecordOutcome]:
        """What became of each record after the plan."""
        return [result.outcome for result in self.results[1:]]

    @property
    def alerts(self) -> list[Alert]:
        """Every alert that rang, in order."""
        return [alert for result in self.results for alert in result.alerts]

    @property
    def raised(self) -> list[tuple[str, str, int]]:
        """Watch, level and revision of every alert."""
        return [(alert.watch, alert.level, alert.revision) for alert in self.alerts]

    @property
    def findings(self) -> dict[str, int]:
        """What a data manager should look at."""
        return count_data_findings(self.study)

    def row(self, term: str = "DVT", treatment: str = "act", period: str = "all") -> RateRow:
        """The row of *term*, which must be shown."""
        (found,) = [
            row
            for row in rate_rows(self.study)
            if (row.term.name, row.treatment, row.period) == (term, treatment, period)
        ]
        return found

    def counts(self, term: str = "DVT", treatment: str = "act") -> tuple[int, int]:
        """Subjects and events of *term* over all periods, also where no row is shown."""
        cells = [
            row.cell
            for row in rate_rows(self.study)
            if (row.term.name, row.treatment, row.period) == (term, treatment, "all")
        ]
        return (cells[0].subjects, cells[0].events) if cells else (0, 0)

    def watch_summary(self, name: str = "clots") -> WatchSummary:
        """Where the watch called *name* stands, by the exact evidence."""
        (found,) = [one for one in watch_summaries(self.study) if one.watch.id == name]
        return found

    def log_e_value(self, name: str = "clots") -> float:
        """Log E of the watch called *name* as of now."""
        return log_e(likelihood_of(self.study, self.study.watches_by_id[name]).log_likelihood)


def trial(toml: str, *records: Record) -> Trial:
    """A study opened by the plan *toml*, with *records* told to it."""
    opened = Trial()
    assert opened.submit(plan_record(toml)).outcome is RecordOutcome.FOLDED, opened.results[
        -1
    ].refusal
    if records:
        opened.submit(*records)
    return opened


def two_arms(size: int, end: int | None = None) -> list[Record]:
    """A1, A2 … on `act` and C1, C2 … on `ctl` from day 0, *size* on each."""
    people = [(f"{arm[0].upper()}{n}", arm) for arm in ("act", "ctl") for n in range(1, size + 1)]
    return [
        record for who, arm in people for record in (allocated(who, arm), treated(who, arm, 0, end))
    ]
