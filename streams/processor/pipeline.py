"""The way of a record, the same live, in replay and in the demo."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from alerts.alert import Alert
from alerts.register.case_alerts import beneath, noticed, wronged
from alerts.register.update import alerts_of, docket_of
from monitor.errors import Refusal
from monitor.fold.fold import FOLDED, first_step, fold
from monitor.records import Record
from monitor.state.entities import Outcome
from monitor.state.study import Study
from streams.records.decode import decode
from streams.records.signing import OPEN, Trust


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one record: its outcome, the refusal if it was one, the alerts it rang."""

    outcome: Outcome
    refusal: Refusal | None = None
    alerts: tuple[Alert, ...] = ()


QUIET = {outcome: Told(outcome) for outcome in Outcome}
"""What is told of nearly every record, each said once."""


@dataclass(slots=True)
class Pipeline:
    """Folds records into the studies it holds.

    *outcomes* counts records by study and outcome; refused bytes that name no study count
    under the empty name.
    """

    studies: dict[str, Study] = field(default_factory=dict[str, Study])
    outcomes: dict[str, Counter[Outcome]] = field(default_factory=dict[str, Counter[Outcome]])
    shortcuts: bool = True
    trust: Trust = OPEN

    def advance(self, raw: bytes, line: int) -> Told:
        """Take one record in, whatever its bytes are."""
        record = decode(raw)
        return self.refuse(record) if isinstance(record, Refusal) else self.take(record, line)

    def refuse(self, refusal: Refusal) -> Told:
        """Account for bytes that are no record."""
        return self._account("", Told(Outcome.REFUSED, refusal))

    def take(self, record: Record, line: int) -> Told:
        """Take one decoded record in."""
        known = self.studies.get(record.study)
        shortcuts, trust = self.shortcuts, self.trust
        study, told = take_in(known, record, line, shortcuts=shortcuts, trust=trust)
        if known is None and study is not None:
            self.studies[record.study] = study
        return self._account(record.study, told)

    def _account(self, study: str, told: Told) -> Told:
        counts = self.outcomes.get(study)
        if counts is None:
            counts = self.outcomes[study] = Counter()
        counts[told.outcome] += 1
        return told


def take_in(
    study: Study | None,
    record: Record,
    line: int,
    *,
    shortcuts: bool = True,
    trust: Trust = OPEN,
) -> tuple[Study | None, Told]:
    """Fold *record* into its study, where there is one or it opens one; what became of it."""
    if record.seal is not None:  # A plan or a review: nothing else is signed, or pays for it.
        checked = trust.checked(study, record, record.seal)
        if isinstance(checked, Refusal):
            alerts = wronged(study, record, line, checked) if study else ()
            return study, Told(Outcome.REFUSED, checked, alerts)
        record = checked
    if study is None:
        study, step = first_step(record)
        return study, Told(step.outcome, step.refusal)
    docket = docket_of(study)
    before = beneath(study, docket, record) if docket.decided else {}
    step = fold(study, record, shortcuts=shortcuts)
    alerts = () if step is FOLDED else alerts_of(study, step, record, line)
    if step.outcome is Outcome.FOLDED:
        alerts += noticed(study, docket, record, line, before)
    elif step.outcome in (Outcome.CONFLICT, Outcome.REFUSED):
        alerts += wronged(study, record, line, step.refusal)
    if step.refusal is None and not alerts:
        return study, QUIET[step.outcome]
    return study, Told(step.outcome, step.refusal, alerts)
