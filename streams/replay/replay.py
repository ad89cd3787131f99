"""Replays a historical log through the functions of live processing, optionally as a what-if."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256

from alerts.alert import Alert
from monitor.errors import Refusal
from monitor.fold.fold import open_study
from monitor.records import PlanRecord, Record, day_of
from monitor.state.entities import RecordOutcome
from monitor.state.study import Study
from streams.processor.pipeline import Pipeline, RecordResult
from streams.records.decode import DECODE_BATCH_SIZE, decode_in_batches


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """How a replay differs from the log.

    *plan* is the TOML text that replaces every plan of the log.  *known_until* excludes records
    known after that day, *onsets_until* events with a later onset; the as-of date never exceeds
    either.  Days are ordinals.
    """

    plan: str | None = None
    known_until: int | None = None
    onsets_until: int | None = None

    @property
    def is_hypothetical(self) -> bool:
        """Whether the results are those of a plan that the study did not have."""
        return self.plan is not None

    @property
    def horizon(self) -> int | None:
        """Upper bound of the as-of date (ordinal day), or None."""
        days = [day for day in (self.known_until, self.onsets_until) if day is not None]
        return min(days) if days else None


@dataclass(frozen=True, slots=True)
class ExcludedLine:
    """A line that was not folded: a refused record, or a conflict (*refusal* is None)."""

    line: int
    refusal: Refusal | None
    outcome: RecordOutcome


@dataclass(slots=True)
class Replay:
    """One pass over a log.  Iterate ``run``, then read ``studies`` and ``outcomes``.

    *lines_after_cutoff* counts the lines that *what_if* excludes; it and the outcomes add up to
    *lines*.
    """

    what_if: WhatIf = field(default_factory=WhatIf)
    pipeline: Pipeline = field(default_factory=Pipeline)
    lines: int = 0
    lines_after_cutoff: int = 0
    excluded_lines: list[ExcludedLine] = field(default_factory=list[ExcludedLine])

    def run(self, log: Iterable[bytes], lookahead: int = DECODE_BATCH_SIZE) -> Iterator[Alert]:
        """Fold *log*, one record a line, and yield each alert revision as it is made.

        Up to *lookahead* lines are read before the first of them is folded.
        """
        for _, record in decode_in_batches(log, _strip_line_end, lookahead):
            if alerts := self.process_line(record, self.lines + 1):
                yield from alerts
        self.extend_to_horizon()

    def process_line(self, record: Record | Refusal, line: int) -> tuple[Alert, ...]:
        """Fold the record at *line* of the log (from 1) and return the alerts it raises."""
        self.lines += 1
        result = self._process_within_limits(record, line)
        if result is None:
            self.lines_after_cutoff += 1
            return ()
        if result.refusal is not None or result.outcome is RecordOutcome.CONFLICT:
            self.excluded_lines.append(ExcludedLine(line, result.refusal, result.outcome))
        return result.alerts

    def extend_to_horizon(self) -> None:
        """Move the as-of date of each study to the horizon, where the log ends before it."""
        for study in self.studies:
            if self.what_if.horizon is not None and study.latest_day is not None:
                study.latest_day = max(study.latest_day, self.what_if.horizon)

    @property
    def studies(self) -> list[Study]:
        """The studies of the log, sorted by name."""
        return [self.pipeline.studies[name] for name in sorted(self.pipeline.studies)]

    @property
    def outcomes(self) -> Counter[RecordOutcome]:
        """Number of records by outcome, over all studies."""
        return sum(self.pipeline.outcomes.values(), Counter[RecordOutcome]())

    def _process_within_limits(self, record: Record | Refusal, line: int) -> RecordResult | None:
        if isinstance(record, Refusal):
            return self.pipeline.count_refusal(record)
        known_until = self.what_if.known_until
        if known_until is not None and day_of(record.known_at) > known_until:
            return None
        if self.what_if.plan is not None:
            if isinstance(record.body, PlanRecord):
                record = record._replace(body=plan_record_of(self.what_if.plan))
            self._open_study(record)
        is_new = record.study not in self.pipeline.studies
        result = self.pipeline.process(record, line)
        if is_new and record.study in self.pipeline.studies:
            self._set_limits(self.pipeline.studies[record.study])
        return result

    def _open_study(self, record: Record) -> None:
        """Open the record's study with the what-if plan, where the log has no plan before it."""
        if record.study not in self.pipeline.studies and not isinstance(record.body, PlanRecord):
            assert self.what_if.plan is not None
            body = plan_record_of(self.what_if.plan)
            opening = record._replace(entity_id="what-if/plan", version=1, digest=0, body=body)
            study, _ = open_study(opening)
            if study is not None:
                self._set_limits(study)
                self.pipeline.studies[record.study] = study

    def _set_limits(self, study: Study) -> None:
        if self.what_if.horizon is not None:
            study.horizon = self.what_if.horizon
        if self.what_if.onsets_until is not None:
            study.onset_horizon = self.what_if.onsets_until


def _strip_line_end(line: bytes) -> bytes:
    return line.rstrip(b"\r\n")


def plan_record_of(toml: str) -> PlanRecord:
    """The body of a plan record with the text *toml*."""
    return PlanRecord(toml=toml, sha256=sha256(toml.encode()).hexdigest())
