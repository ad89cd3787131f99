"""Applies one record to its study: signature, fold, alerts.

The worker, replay and the demo share ``apply_record``, so that they raise the same alerts.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from alerts.alert import Alert
from alerts.register.case_alerts import (
    alerts_from_day,
    alerts_from_record,
    alerts_from_refusal,
    decided_cases,
)
from alerts.register.update import alerts_from_step, register_of
from monitor.errors import Refusal
from monitor.fold.fold import FOLDED, fold, open_study
from monitor.records import Record
from monitor.state.entities import RecordOutcome
from monitor.state.study import Study
from streams.records.decode import decode
from streams.records.signing import TRUST_ANYONE, Trust


@dataclass(frozen=True, slots=True)
class RecordResult:
    """What folding one record gave: its outcome, the refusal if any, and the alerts it raised."""

    outcome: RecordOutcome
    refusal: Refusal | None = None
    alerts: tuple[Alert, ...] = ()


RESULT_BY_OUTCOME = {outcome: RecordResult(outcome) for outcome in RecordOutcome}
"""The shared result of almost every record: an outcome without a refusal and without alerts."""


@dataclass(slots=True)
class Pipeline:
    """Decodes and folds records into studies in memory, without a store, for replay and tests.

    *outcomes* counts records by study and outcome; bytes that cannot be decoded count under the
    empty study name.  *shortcuts* and *trust* are passed to ``apply_record``.
    """

    studies: dict[str, Study] = field(default_factory=dict[str, Study])
    outcomes: dict[str, Counter[RecordOutcome]] = field(
        default_factory=dict[str, Counter[RecordOutcome]]
    )
    shortcuts: bool = True
    trust: Trust = TRUST_ANYONE

    def process_bytes(self, raw: bytes, position: int) -> RecordResult:
        """Decode and fold the bytes of one record at *position*, its offset or line of the log."""
        record = decode(raw)
        return (
            self.count_refusal(record)
            if isinstance(record, Refusal)
            else self.process(record, position)
        )

    def count_refusal(self, refusal: Refusal) -> RecordResult:
        """Count the *refusal* of bytes that are not a valid record."""
        return self._count_outcome("", RecordResult(RecordOutcome.REFUSED, refusal))

    def process(self, record: Record, position: int) -> RecordResult:
        """Fold one decoded record at *position*, its offset or line of the log."""
        existing = self.studies.get(record.study)
        shortcuts, trust = self.shortcuts, self.trust
        study, result = apply_record(existing, record, position, shortcuts=shortcuts, trust=trust)
        if existing is None and study is not None:
            self.studies[record.study] = study
        return self._count_outcome(record.study, result)

    def _count_outcome(self, study: str, result: RecordResult) -> RecordResult:
        counts = self.outcomes.get(study)
        if counts is None:
            counts = self.outcomes[study] = Counter()
        counts[result.outcome] += 1
        return result


def apply_record(
    study: Study | None,
    record: Record,
    position: int,
    *,
    shortcuts: bool = True,
    trust: Trust = TRUST_ANYONE,
) -> tuple[Study | None, RecordResult]:
    """Verify the signature of *record*, fold it into its study and return the alerts it raises.

    *study* is None where no study is open yet; a plan opens one.  *position* is the offset or
    line of the log.  Without *shortcuts* every verdict is computed from the exact evidence, with
    the same result.  Returns the study, None if none is open, and what folding gave.  The result
    depends on these arguments only.
    """
    if record.signed_content is not None:  # Only plans and reviews are signed.
        verified = trust.verify_signatures(study, record, record.signed_content)
        if isinstance(verified, Refusal):
            alerts = alerts_from_refusal(study, record, position, verified) if study else ()
            return study, RecordResult(RecordOutcome.REFUSED, verified, alerts)
        record = verified
    if study is None:
        study, fold_result = open_study(record)
        return study, RecordResult(fold_result.outcome, fold_result.refusal)
    register = register_of(study)
    decided_before = decided_cases(study, register, record) if register.decided_case_alerts else {}
    fold_result = fold(study, record, shortcuts=shortcuts)
    alerts = () if fold_result is FOLDED else alerts_from_step(study, fold_result, record, position)
    if fold_result.outcome is RecordOutcome.FOLDED:
        alerts += alerts_from_record(study, register, record, position, decided_before)
    elif fold_result.outcome in (RecordOutcome.CONFLICT, RecordOutcome.REFUSED):
        alerts += alerts_from_refusal(study, record, position, fold_result.refusal)
    if fold_result.refusal is None:
        alerts += alerts_from_day(study, record, position)
    if fold_result.refusal is None and not alerts:
        return study, RESULT_BY_OUTCOME[fold_result.outcome]
    return study, RecordResult(fold_result.outcome, fold_result.refusal, alerts)
