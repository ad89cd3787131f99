"""Folds a log file in memory and yields the facts of its studies, without a broker or a store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from board.follower.case_recorder import CaseRecorder
from board.follower.occurred import occurred_trajectory
from board.follower.recorder import EvidenceRecorder
from board.views.facts import Completeness, StudyFacts
from monitor.dates import iso
from monitor.records import Record
from monitor.state.digest import state_digest
from monitor.state.study import Study
from monitor.tables.flow import count_unallocated
from streams.processor.pipeline import Pipeline
from streams.records.decode import decode_in_batches


def facts_from_log(lines: Iterable[bytes]) -> Iterator[StudyFacts]:
    """Fold *lines*, one record each, and yield the facts of each study by name."""
    pipeline, recorders = Pipeline(), dict[str, EvidenceRecorder]()
    case_recorders: dict[str, CaseRecorder] = {}
    position = -1
    for position, (_, record) in enumerate(decode_in_batches(lines, bytes.strip)):
        if not isinstance(record, Record):
            pipeline.count_refusal(record)
            continue
        pipeline.process(record, position)
        if (study := pipeline.studies.get(record.study)) is not None:
            recorder = recorders.setdefault(record.study, EvidenceRecorder())
            recorder.record(study, record.body, position)
            case_recorder = case_recorders.setdefault(record.study, CaseRecorder())
            case_recorder.note_record(study, record, position)
    for name, study in sorted(pipeline.studies.items()):
        known = recorders[name].trajectories
        yield StudyFacts(
            study=study,
            completeness=completeness_of(study, position + 1),
            known=known,
            occurred=partial(occurred_trajectory, study),
            case_versions=case_recorders[name].versions,
        )


def completeness_of(study: Study, position: int) -> Completeness:
    """Return the completeness of *study* after the records before *position*."""
    return Completeness(
        study=study.name,
        as_of=None if study.as_of is None else iso(study.as_of),
        position=position,
        end=position,
        known_at=None,
        plan_sha256=study.plan.sha256,
        digest=state_digest(study),
        title=study.plan.title,
        unallocated=count_unallocated(study),
    )
