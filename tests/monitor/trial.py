"""A study that a test tells records to, and what the test may then look at."""

from __future__ import annotations

from dataclasses import dataclass, field

from alerts.alert import Alert
from monitor.evidence.evaluate import likelihood_of
from monitor.evidence.summary import Standing, standings
from monitor.records import Record
from monitor.state.entities import Outcome
from monitor.state.study import Study
from monitor.stats.e_value import log_e
from monitor.tables.flow import findings
from monitor.tables.tabulate import Row, rows
from streams.processor.pipeline import Pipeline, Told
from tests.monitor.builders import STUDY, allocated, planned, treated


@dataclass(slots=True)
class Trial:
    """One study, every record told to it, and what became of each."""

    pipeline: Pipeline = field(default_factory=Pipeline)
    told: list[Told] = field(default_factory=list[Told])

    @property
    def study(self) -> Study:
        """The study as it stands."""
        return self.pipeline.studies[STUDY]

    def tell(self, *records: Record) -> Told:
        """Take *records* in; what became of the last."""
        for record in records:
            self.told.append(self.pipeline.take(record, len(self.told) + 1))
        return self.told[-1]

    @property
    def outcomes(self) -> list[Outcome]:
        """What became of each record after the plan."""
        return [told.outcome for told in self.told[1:]]

    @property
    def alerts(self) -> list[Alert]:
        """Every alert that rang, in order."""
        return [alert for told in self.told for alert in told.alerts]

    @property
    def rang(self) -> list[tuple[str, str, int]]:
        """Watch, level and revision of every alert."""
        return [(alert.watch, alert.level, alert.revision) for alert in self.alerts]

    @property
    def findings(self) -> dict[str, int]:
        """What a data manager should look at."""
        return findings(self.study)

    def row(self, term: str = "DVT", treatment: str = "act", period: str = "all") -> Row:
        """The row of *term*, which must be shown."""
        (found,) = [
            row
            for row in rows(self.study)
            if (row.term.name, row.treatment, row.period) == (term, treatment, period)
        ]
        return found

    def counts(self, term: str = "DVT", treatment: str = "act") -> tuple[int, int]:
        """Subjects and events of *term* over all periods, also where no row is shown."""
        cells = [
            row.cell
            for row in rows(self.study)
            if (row.term.name, row.treatment, row.period) == (term, treatment, "all")
        ]
        return (cells[0].subjects, cells[0].events) if cells else (0, 0)

    def watch(self, name: str = "clots") -> Standing:
        """Where the watch called *name* stands, by the exact evidence."""
        (found,) = [one for one in standings(self.study) if one.watch.id == name]
        return found

    def evidence(self, name: str = "clots") -> float:
        """Log E of the watch called *name* as of now."""
        return log_e(likelihood_of(self.study, self.study.watches[name]).log_likelihood)


def trial(toml: str, *records: Record) -> Trial:
    """A study opened by the plan *toml*, with *records* told to it."""
    opened = Trial()
    assert opened.tell(planned(toml)).outcome is Outcome.FOLDED, opened.told[-1].refusal
    if records:
        opened.tell(*records)
    return opened


def arms(size: int, end: int | None = None) -> list[Record]:
    """A1, A2 … on `act` and C1, C2 … on `ctl` from day 0, *size* on each."""
    people = [(f"{arm[0].upper()}{n}", arm) for arm in ("act", "ctl") for n in range(1, size + 1)]
    return [
        record for who, arm in people for record in (allocated(who, arm), treated(who, arm, 0, end))
    ]
