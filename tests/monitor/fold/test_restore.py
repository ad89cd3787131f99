"""A study that leaves memory comes back as it was."""

from __future__ import annotations

from copy import deepcopy

from alerts.register.update import attach_register, register_of
from monitor.fold.fold import fold
from monitor.fold.restore import last_verdict_of, last_verdicts, restore_counts
from monitor.records import EPOCH_DAY, SECONDS_PER_DAY, Record
from monitor.state.digest import state_digest
from monitor.state.dirty import DirtySet
from monitor.state.entities import Entity
from monitor.state.study import Study
from streams.processor.pipeline import Pipeline
from tests.monitor.builders import case, retracted, tick_record, treated
from tests.monitor.small_plans import plan_of
from tests.monitor.trial import trial, two_arms
from tests.paths import ROOT

PRODERM_LOG = ROOT / "studies" / "proderm" / "log.jsonl"


def restored_copy(study: Study) -> Study:
    """The same study made anew from what a store keeps of it."""
    again = Study(
        study.name, study.plan, latest_day=study.latest_day, spent_shares=dict(study.spent_shares)
    )
    again.episodes = deepcopy(study.episodes)
    for name, held in study.entities.by_id.items():
        kept = Entity(
            held.version,
            held.digest,
            held.versions,
            held.body,
            onset_after_known=held.onset_after_known,
        )
        again.entities.by_id[name] = kept
    restore_counts(again, dict(last_verdicts(study)))
    attach_register(again, deepcopy(register_of(study)))
    return again


def test_a_study_taken_up_in_the_middle_goes_on_as_if_it_had_never_left():
    """Alerts, verdicts and tables of ProDERM do not show where the worker was restarted."""
    lines = PRODERM_LOG.read_bytes().splitlines()
    whole, parted = Pipeline(), Pipeline()
    rang = [whole.process_bytes(line, at).alerts for at, line in enumerate(lines)]
    told = []
    for at, line in enumerate(lines):
        if at and at % 400 == 0:
            for name, study in parted.studies.items():
                parted.studies[name] = restored_copy(study)
        told.append(parted.process_bytes(line, at).alerts)

    assert told == rang and any(rang)
    for name, study in whole.studies.items():
        assert state_digest(parted.studies[name]) == state_digest(study)
        assert dict(last_verdicts(parted.studies[name])) == dict(last_verdicts(study))


def test_what_e_bh_has_rejected_is_remembered():
    """The e-values in force when the study was left are those it is taken up with."""
    pipeline = Pipeline()
    for at, line in enumerate(PRODERM_LOG.read_bytes().splitlines()):
        pipeline.process_bytes(line, at)
    (study,) = pipeline.studies.values()
    again = restored_copy(study)

    assert e_values(again) == e_values(study) != {}
    assert again.hypotheses == study.hypotheses
    assert last_verdict_of(again, "no such watch") is None


def e_values(study: Study) -> dict[str, float]:
    """The e-values that e-BH looks at, by watch."""
    return {running.id: log_e for running, log_e in study.e_bh_candidates.items()}


def test_a_trace_names_all_that_a_record_changed():
    """A store that writes what the trace names, and no more, holds what the study holds."""
    pipeline = Pipeline()
    lines = PRODERM_LOG.read_bytes().splitlines()
    for at, line in enumerate(lines[:600]):
        pipeline.process_bytes(line, at)
    (study,) = pipeline.studies.values()
    for at, line in enumerate(lines[600:], 600):
        before = state_parts(study)
        study.dirty = DirtySet()
        pipeline.process_bytes(line, at)
        changed = {name for name, value in state_parts(study).items() if before.get(name) != value}
        assert study.dirty.everything or changed <= dirty_parts(study.dirty)


def state_parts(study: Study) -> dict[tuple[str, object], str]:
    """Everything a row holds, by the part of the trace that should name a change of it."""
    shown: dict[tuple[str, object], str] = {}
    for name, held in study.entities.by_id.items():
        shown["thing", name] = (
            f"{held.version} {held.versions} {held.digest} {held.onset_after_known}"
        )
    for number, table in enumerate(study.tables):
        for term, cell in table.items():
            counts = (cell.subjects, cell.events, cell.versions, cell.serious_events)
            shown["cell", (number, term)] = f"{counts} {cell.related_events}"
    for subject in study.subjects.values():
        shown["subject", subject.name] = f"{subject.allocated_arm} {subject.spells}"
    shown |= {("watch", name): str(verdict) for name, verdict in last_verdicts(study)}
    return shown | {("episode", name): str(each) for name, each in study.episodes.items()}


def dirty_parts(trace: DirtySet) -> set[tuple[str, object]]:
    """What *trace* says has changed."""
    parts = {
        "thing": trace.entities,
        "cell": trace.cells,
        "subject": trace.subjects,
        "watch": trace.watches,
        "episode": trace.episodes,
    }
    return {(kind, name) for kind, names in parts.items() for name in names}


def test_a_plan_that_is_amended_changes_everything():
    """Nothing of the row may be left as it was."""
    pipeline = Pipeline()
    for at, line in enumerate(PRODERM_LOG.read_bytes().splitlines()[:100]):
        pipeline.process_bytes(line, at)
    (study,) = pipeline.studies.values()
    study.dirty = DirtySet()
    held = study.entities.by_id[next(iter(study.entities.by_id))]
    fold(study, next_plan_record(study, held))
    assert study.dirty.everything


def next_plan_record(study: Study, held: Entity) -> Record:
    """The study's plan said again, as its next version."""
    name = next(iter(study.entities.by_id))
    known = ((study.latest_day or EPOCH_DAY) - EPOCH_DAY) * SECONDS_PER_DAY
    return Record(study.name, name, held.version + 1, known, held.digest, held.body)


def test_a_term_that_only_a_voided_case_had_is_forgotten_in_memory_too():
    """Its watch was open and never judged; a tick would judge it here, and not after a restart."""
    found = trial(plan_of(), *two_arms(2), treated("A1", "act", 40, period="later"))
    found.submit(case("c1", "A1", 45, "Rare"), retracted("r1", "safety/c1"))
    again = restored_copy(found.study)
    for study in (found.study, again):
        fold(study, tick_record(60))

    assert dict(last_verdicts(again)) == dict(last_verdicts(found.study))
    assert state_digest(again) == state_digest(found.study)
