"""A study that leaves memory comes back as it was."""

from __future__ import annotations

from copy import deepcopy

from alerts.register.update import docket_of, take_up
from monitor.fold.fold import fold
from monitor.fold.restore import resume, verdict_on, verdicts
from monitor.records import EPOCH_DAY, SECONDS_A_DAY, Record
from monitor.state.digest import digest
from monitor.state.dirty import Trace
from monitor.state.entities import Thing
from monitor.state.study import Study
from streams.processor.pipeline import Pipeline
from tests.monitor.builders import case, retracted, ticked, treated
from tests.monitor.small_plans import plan_of
from tests.monitor.trial import arms, trial
from tests.paths import ROOT

PRODERM_LOG = ROOT / "studies" / "proderm" / "log.jsonl"


def left_and_taken_up(study: Study) -> Study:
    """The same study made anew from what a store keeps of it."""
    again = Study(study.name, study.plan, latest=study.latest, spent=dict(study.spent))
    again.episodes = deepcopy(study.episodes)
    for name, held in study.ledger.things.items():
        kept = Thing(held.version, held.digest, held.versions, held.body, foretold=held.foretold)
        again.ledger.things[name] = kept
    resume(again, dict(verdicts(study)))
    take_up(again, deepcopy(docket_of(study)))
    return again


def test_a_study_taken_up_in_the_middle_goes_on_as_if_it_had_never_left():
    """Alerts, verdicts and tables of ProDERM do not show where the worker was restarted."""
    lines = PRODERM_LOG.read_bytes().splitlines()
    whole, parted = Pipeline(), Pipeline()
    rang = [whole.advance(line, at).alerts for at, line in enumerate(lines)]
    told = []
    for at, line in enumerate(lines):
        if at and at % 400 == 0:
            for name, study in parted.studies.items():
                parted.studies[name] = left_and_taken_up(study)
        told.append(parted.advance(line, at).alerts)

    assert told == rang and any(rang)
    for name, study in whole.studies.items():
        assert digest(parted.studies[name]) == digest(study)
        assert dict(verdicts(parted.studies[name])) == dict(verdicts(study))


def test_what_e_bh_has_rejected_is_remembered():
    """The e-values in force when the study was left are those it is taken up with."""
    pipeline = Pipeline()
    for at, line in enumerate(PRODERM_LOG.read_bytes().splitlines()):
        pipeline.advance(line, at)
    (study,) = pipeline.studies.values()
    again = left_and_taken_up(study)

    assert strong(again) == strong(study) != {}
    assert again.screened == study.screened
    assert verdict_on(again, "no such watch") is None


def strong(study: Study) -> dict[str, float]:
    """The e-values that e-BH looks at, by watch."""
    return {running.id: log_e for running, log_e in study.strong.items()}


def test_a_trace_names_all_that_a_record_changed():
    """A store that writes what the trace names, and no more, holds what the study holds."""
    pipeline = Pipeline()
    lines = PRODERM_LOG.read_bytes().splitlines()
    for at, line in enumerate(lines[:600]):
        pipeline.advance(line, at)
    (study,) = pipeline.studies.values()
    for at, line in enumerate(lines[600:], 600):
        before = picture(study)
        study.trace = Trace()
        pipeline.advance(line, at)
        changed = {name for name, value in picture(study).items() if before.get(name) != value}
        assert study.trace.whole or changed <= named(study.trace)


def picture(study: Study) -> dict[tuple[str, object], str]:
    """Everything a row holds, by the part of the trace that should name a change of it."""
    shown: dict[tuple[str, object], str] = {}
    for name, held in study.ledger.things.items():
        shown["thing", name] = f"{held.version} {held.versions} {held.digest} {held.foretold}"
    for number, table in enumerate(study.tables):
        for term, cell in table.items():
            counts = (cell.subjects, cell.events, cell.versions, cell.serious_events)
            shown["cell", (number, term)] = f"{counts} {cell.related_events}"
    for subject in study.subjects.values():
        shown["subject", subject.name] = f"{subject.allocated} {subject.spells}"
    shown |= {("watch", name): str(verdict) for name, verdict in verdicts(study)}
    return shown | {("episode", name): str(each) for name, each in study.episodes.items()}


def named(trace: Trace) -> set[tuple[str, object]]:
    """What *trace* says has changed."""
    parts = {
        "thing": trace.things,
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
        pipeline.advance(line, at)
    (study,) = pipeline.studies.values()
    study.trace = Trace()
    held = study.ledger.things[next(iter(study.ledger.things))]
    fold(study, record_of(study, held))
    assert study.trace.whole


def record_of(study: Study, held: Thing) -> Record:
    """The study's plan said again, as its next version."""
    name = next(iter(study.ledger.things))
    known = ((study.latest or EPOCH_DAY) - EPOCH_DAY) * SECONDS_A_DAY
    return Record(study.name, name, held.version + 1, known, held.digest, held.body)


def test_a_term_that_only_a_voided_case_had_is_forgotten_in_memory_too():
    """Its watch was open and never judged; a tick would judge it here, and not after a restart."""
    found = trial(plan_of(), *arms(2), treated("A1", "act", 40, period="later"))
    found.tell(case("c1", "A1", 45, "Rare"), retracted("r1", "safety/c1"))
    again = left_and_taken_up(found.study)
    for study in (found.study, again):
        fold(study, ticked(60))

    assert dict(verdicts(again)) == dict(verdicts(found.study))
    assert digest(again) == digest(found.study)
