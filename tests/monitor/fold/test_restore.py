"""A study that is evicted from memory and restored continues unchanged."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

from alerts.register.register import AlertRegister
from alerts.register.update import attach_register, register_of
from monitor.fold.as_of import apply_limits
from monitor.fold.fold import fold
from monitor.fold.restore import last_verdict_of, last_verdicts, restore_counts
from monitor.records import EPOCH_DAY, SECONDS_PER_DAY, Record
from monitor.state.days_on_record import DaysOnRecord
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
    """The study rebuilt from what a store holds of it."""
    restored = Study(study.name, study.plan, spent_shares=dict(study.spent_shares))
    restored.days_on_record = DaysOnRecord(
        study.days_on_record.plan_day, witness_by_day=dict(study.days_on_record.witness_by_day)
    )
    apply_limits(restored)
    assert restored.days_on_record == study.days_on_record
    restored.episodes = deepcopy(study.episodes)
    for name, entity in study.entities.by_id.items():
        stored = Entity(
            entity.version,
            entity.digest,
            entity.versions,
            entity.body,
            known_at=entity.known_at,
        )
        restored.entities.by_id[name] = stored
    restore_counts(restored, dict(last_verdicts(study)))
    attach_register(restored, copied_register(study))
    return restored


def copied_register(study: Study) -> AlertRegister:
    """A copy of the alerts of *study*; frozen objects, which mypyc cannot copy, are shared."""
    register = register_of(study)
    tracker = register.overdue_tracker
    entries = register.entries.items()
    return AlertRegister(
        {name: replace(entry, history=list(entry.history)) for name, entry in entries},
        dict(register.review_results),
        replace(
            tracker,
            unallocated_since=dict(tracker.unallocated_since),
            last_record_day=dict(tracker.last_record_day),
        ),
        set(register.decided_case_alerts),
    )


def test_a_restored_study_continues_unchanged():
    """Alerts, verdicts and tables of ProDERM are the same with restarts every 400 records."""
    lines = PRODERM_LOG.read_bytes().splitlines()
    whole, restarted = Pipeline(), Pipeline()
    expected = [whole.process_bytes(line, offset).alerts for offset, line in enumerate(lines)]
    alerts = []
    for offset, line in enumerate(lines):
        if offset and offset % 400 == 0:
            for name, study in restarted.studies.items():
                restarted.studies[name] = restored_copy(study)
        alerts.append(restarted.process_bytes(line, offset).alerts)

    assert alerts == expected and any(expected)
    for name, study in whole.studies.items():
        assert state_digest(restarted.studies[name]) == state_digest(study)
        assert dict(last_verdicts(restarted.studies[name])) == dict(last_verdicts(study))


def test_the_e_values_of_e_bh_are_restored():
    """The restored study has the same e-values and the same number of hypotheses."""
    pipeline = Pipeline()
    for offset, line in enumerate(PRODERM_LOG.read_bytes().splitlines()):
        pipeline.process_bytes(line, offset)
    (study,) = pipeline.studies.values()
    restored = restored_copy(study)

    assert e_values(restored) == e_values(study) != {}
    assert restored.hypotheses == study.hypotheses
    assert last_verdict_of(restored, "no such watch") is None


def e_values(study: Study) -> dict[str, float]:
    """The log e-values of the e-BH candidates, by watch."""
    return {watch.id: log_e for watch, log_e in study.e_bh_candidates.items()}


def test_the_dirty_set_names_all_that_a_record_changed():
    """A store that writes only the parts in the dirty set holds the whole study."""
    pipeline = Pipeline()
    lines = PRODERM_LOG.read_bytes().splitlines()
    for offset, line in enumerate(lines[:600]):
        pipeline.process_bytes(line, offset)
    (study,) = pipeline.studies.values()
    for offset, line in enumerate(lines[600:], 600):
        before = state_parts(study)
        study.dirty = DirtySet()
        pipeline.process_bytes(line, offset)
        changed = {name for name, value in state_parts(study).items() if before.get(name) != value}
        assert study.dirty.everything or changed <= dirty_parts(study.dirty)


def state_parts(study: Study) -> dict[tuple[str, object], str]:
    """Everything that a row holds, by the dirty-set part that must name a change of it."""
    parts: dict[tuple[str, object], str] = {}
    for name, entity in study.entities.by_id.items():
        parts["entity", name] = (
            f"{entity.version} {entity.versions} {entity.digest} {entity.known_at}"
        )
    for number, table in enumerate(study.tables):
        for term, cell in table.items():
            counts = (cell.subjects, cell.events, cell.versions, cell.serious_events)
            parts["cell", (number, term)] = f"{counts} {cell.related_events}"
    for subject in study.subjects.values():
        parts["subject", subject.name] = f"{subject.allocated_arm} {subject.spells}"
    parts |= {("watch", name): str(verdict) for name, verdict in last_verdicts(study)}
    return parts | {("episode", name): str(each) for name, each in study.episodes.items()}


def dirty_parts(dirty: DirtySet) -> set[tuple[str, object]]:
    """The parts that *dirty* names as changed."""
    parts = {
        "entity": dirty.entities,
        "cell": dirty.cells,
        "subject": dirty.subjects,
        "watch": dirty.watches,
        "episode": dirty.episodes,
    }
    return {(kind, name) for kind, names in parts.items() for name in names}


def test_an_amended_plan_makes_everything_dirty():
    """Every part of the row must be written again."""
    pipeline = Pipeline()
    for offset, line in enumerate(PRODERM_LOG.read_bytes().splitlines()[:100]):
        pipeline.process_bytes(line, offset)
    (study,) = pipeline.studies.values()
    study.dirty = DirtySet()
    plan_entity = study.entities.by_id[next(iter(study.entities.by_id))]
    fold(study, next_plan_record(study, plan_entity))
    assert study.dirty.everything


def next_plan_record(study: Study, plan_entity: Entity) -> Record:
    """The study's plan, sent again as its next version."""
    name = next(iter(study.entities.by_id))
    known = ((study.latest_day or EPOCH_DAY) - EPOCH_DAY) * SECONDS_PER_DAY
    return Record(
        study.name, name, plan_entity.version + 1, known, plan_entity.digest, plan_entity.body
    )


def test_a_term_of_voided_cases_only_is_removed_from_memory_too():
    """Otherwise a tick would evaluate its watch in memory, but not after a restart."""
    scenario = trial(plan_of(), *two_arms(2), treated("A1", "act", 40, period="later"))
    scenario.submit(case("c1", "A1", 45, "Rare"), retracted("r1", "safety/c1"))
    restored = restored_copy(scenario.study)
    for study in (scenario.study, restored):
        fold(study, tick_record(60))

    assert dict(last_verdicts(restored)) == dict(last_verdicts(scenario.study))
    assert state_digest(restored) == state_digest(scenario.study)
