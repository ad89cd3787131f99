"""Replay: a historical log through the same functions as live, with or without a what-if."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256

from alerts.alert import Alert
from monitor.errors import Refusal
from monitor.fold.fold import first_step
from monitor.records import Plan, Record, day_of
from monitor.state.entities import Outcome
from monitor.state.study import Study
from streams.processor.pipeline import Pipeline, Told
from streams.records.decode import AHEAD, ahead


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """How a replay departs from the log.

    *plan* replaces every plan of the log; *known_until* leaves out what was known later than
    that day, *onsets_until* what began later.  The as-of date never passes either.
    """

    plan: str | None = None
    known_until: int | None = None
    onsets_until: int | None = None

    @property
    def hypothetical(self) -> bool:
        """Whether the output is of a plan that the study did not have."""
        return self.plan is not None

    @property
    def horizon(self) -> int | None:
        """The day past which no as-of date goes."""
        days = [day for day in (self.known_until, self.onsets_until) if day is not None]
        return min(days) if days else None


@dataclass(frozen=True, slots=True)
class NotIncluded:
    """A line that is not in the tables, and why."""

    line: int
    refusal: Refusal | None
    outcome: Outcome


@dataclass(slots=True)
class Replay:
    """One pass over a log.  Iterate ``run``, then read the studies and the account.

    *cut* counts the lines that the what-if left out; with it the outcomes add up to *lines*.
    """

    what_if: WhatIf = field(default_factory=WhatIf)
    pipeline: Pipeline = field(default_factory=Pipeline)
    lines: int = 0
    cut: int = 0
    refusals: list[NotIncluded] = field(default_factory=list[NotIncluded])

    def run(self, log: Iterable[bytes], most: int = AHEAD) -> Iterator[Alert]:
        """Alerts as they ring; each line of *log* is one record.

        Up to *most* lines are read before the first of them is folded.
        """
        for _, record in ahead(log, _unended, most):
            if alerts := self.take(record, self.lines + 1):
                yield from alerts
        self.look_ahead()

    def take(self, record: Record | Refusal, line: int) -> tuple[Alert, ...]:
        """Take in what is at *line* of the log: the alerts that it rings."""
        self.lines += 1
        told = self._take(record, line)
        if told is None:
            self.cut += 1
            return ()
        if told.refusal is not None or told.outcome is Outcome.CONFLICT:
            self.refusals.append(NotIncluded(line, told.refusal, told.outcome))
        return told.alerts

    def look_ahead(self) -> None:
        """Bring the as-of dates to the day that was asked for, where the log ends before it."""
        for study in self.studies:
            if self.what_if.horizon is not None and study.latest is not None:
                study.latest = max(study.latest, self.what_if.horizon)

    @property
    def studies(self) -> list[Study]:
        """The studies of the log, by name."""
        return [self.pipeline.studies[name] for name in sorted(self.pipeline.studies)]

    @property
    def outcomes(self) -> Counter[Outcome]:
        """What became of the lines, over all studies."""
        return sum(self.pipeline.outcomes.values(), Counter[Outcome]())

    def _take(self, record: Record | Refusal, line: int) -> Told | None:
        if isinstance(record, Refusal):
            return self.pipeline.refuse(record)
        until = self.what_if.known_until
        if until is not None and day_of(record.known_at) > until:
            return None
        if self.what_if.plan is not None:
            if isinstance(record.body, Plan):
                record = record._replace(body=plan_of(self.what_if.plan))
            self._open(record)
        new = record.study not in self.pipeline.studies
        told = self.pipeline.take(record, line)
        if new and record.study in self.pipeline.studies:
            self._limit(self.pipeline.studies[record.study])
        return told

    def _open(self, record: Record) -> None:
        """Open the record's study with the other plan, where the log brings none before it."""
        if record.study not in self.pipeline.studies and not isinstance(record.body, Plan):
            assert self.what_if.plan is not None
            body = plan_of(self.what_if.plan)
            opened = record._replace(thing="what-if/plan", version=1, digest=0, body=body)
            study, _ = first_step(opened)
            if study is not None:
                self._limit(study)
                self.pipeline.studies[record.study] = study

    def _limit(self, study: Study) -> None:
        if self.what_if.horizon is not None:
            study.horizon = self.what_if.horizon
        if self.what_if.onsets_until is not None:
            study.onsets_until = self.what_if.onsets_until


def _unended(line: bytes) -> bytes:
    return line.rstrip(b"\r\n")


def plan_of(toml: str) -> Plan:
    """The plan record's content for *toml*."""
    return Plan(toml=toml, sha256=sha256(toml.encode()).hexdigest())
