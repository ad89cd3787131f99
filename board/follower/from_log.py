"""Folds a log in memory and yields the facts of its studies, without a broker or a store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial

from board.follower.case_recorder import CaseRecorder
from board.follower.occurred import occurred_trajectory
from board.follower.recorder import EvidenceRecorder
from board.follower.study_facts import NOT_INCLUDED
from board.follower.summaries import time_text
from board.views.facts import Completeness, StudyFacts
from monitor.dates import iso
from monitor.errors import Refusal
from monitor.records import Record, day_of
from monitor.state.digest import state_digest
from monitor.state.study import Study
from monitor.tables.flow import count_unallocated
from streams.processor.pipeline import Pipeline
from streams.records.decode import decode_in_batches
from streams.records.signing import TRUST_ANYONE, Trust


def facts_from_log(lines: Iterable[bytes]) -> Iterator[StudyFacts]:
    """Fold *lines*, one record each, and yield the facts of each study by name."""
    yield from facts_of_records(record for _, record in decode_in_batches(lines, bytes.strip))


@dataclass(slots=True)
class StudyRecorders:
    """What is noted of one study while its records are folded; *known_at* is in seconds."""

    evidence: EvidenceRecorder = field(default_factory=EvidenceRecorder)
    cases: CaseRecorder = field(default_factory=CaseRecorder)
    known_at: int = 0


def facts_of_records(
    records: Iterable[Record | Refusal],
    known_until: int | None = None,
    trust: Trust = TRUST_ANYONE,
) -> Iterator[StudyFacts]:
    """Fold *records* and yield the facts of each study by name.

    *known_until* is the ordinal day of a look at the past: records that became known later are
    left out, and the as-of date is that day.
    """
    pipeline, recorders = Pipeline(trust=trust), dict[str, StudyRecorders]()
    position = -1
    for position, record in enumerate(records):
        if isinstance(record, Refusal):
            pipeline.count_refusal(record)
        elif known_until is None or day_of(record.known_at) <= known_until:
            _fold(pipeline, recorders, record, position, known_until)
    for name, study in sorted(pipeline.studies.items()):
        if known_until is not None and study.latest_day is not None:
            study.latest_day = max(study.latest_day, known_until)
        outcomes, noted = pipeline.outcomes[name], recorders[name]
        yield StudyFacts(
            study=study,
            completeness=completeness_of(
                study,
                position + 1,
                known_at=time_text(noted.known_at),
                not_included=sum(outcomes[each] for each in NOT_INCLUDED),
            ),
            known=noted.evidence.evaluate(),
            occurred=partial(occurred_trajectory, study),
            case_versions=noted.cases.versions,
        )


def _fold(
    pipeline: Pipeline,
    recorders: dict[str, StudyRecorders],
    record: Record,
    position: int,
    known_until: int | None,
) -> None:
    pipeline.process(record, position)
    study = pipeline.studies.get(record.study)
    if study is None:
        return
    noted = recorders.setdefault(record.study, StudyRecorders())
    if known_until is not None:
        study.horizon = known_until
    noted.evidence.record(study, record.body, position)
    noted.cases.note_record(study, record, position)
    noted.known_at = max(noted.known_at, record.known_at)


def completeness_of(
    study: Study,
    position: int,
    known_at: str | None = None,
    not_included: int | None = None,
) -> Completeness:
    """Return the completeness of *study* after the records before *position*."""
    return Completeness(
        study=study.name,
        as_of=None if study.as_of is None else iso(study.as_of),
        position=position,
        end=position,
        known_at=known_at,
        plan_sha256=study.plan.sha256,
        digest=state_digest(study),
        title=study.plan.title,
        not_included=not_included,
        unallocated=count_unallocated(study),
    )
