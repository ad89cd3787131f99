"""The facts of a study in memory or in the past, from which a view is built."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from board.follower.history import Decision
from board.follower.occurred import occurred_trajectory
from board.follower.partition import PartitionFollower
from board.follower.past import PastStudy
from board.follower.summaries import time_text
from board.views.facts import Completeness, StudyFacts, Trajectory
from monitor.dates import iso
from monitor.state.entities import RecordOutcome
from monitor.state.study import Study
from monitor.tables.flow import count_unallocated

NOT_INCLUDED = (RecordOutcome.REFUSED, RecordOutcome.CONFLICT)


class BaselineNeeded(Exception):
    """The view reads the study at the board's last decision, which is not folded yet."""


def live_facts(
    partition: PartitionFollower, study: Study, occurred: Callable[[str], Trajectory]
) -> StudyFacts:
    """Return the facts of *study* in *partition*, whose processor's lock is held."""
    history = partition.histories[study.name]
    completeness = Completeness(
        study=study.name,
        as_of=None if study.as_of is None else iso(study.as_of),
        position=partition.processor.position,
        end=partition.end,
        known_at=time_text(history.known_at),
        plan_sha256=study.plan.sha256,
        digest="",
        store_agrees=partition.check.result_of(study.name),
        title=study.plan.title,
        not_included=sum(partition.rows[study.name].outcomes[each] for each in NOT_INCLUDED),
        unallocated=count_unallocated(study),
    )
    known = history.recorder.evaluate()
    return StudyFacts(
        study=study,
        completeness=completeness,
        known=known,
        occurred=occurred,
        case_versions=history.cases.versions,
    )


def past_facts(past: PastStudy, study: Study, end: int) -> StudyFacts:
    """Return the facts of *study* as *past* has folded it, from a log that ends at *end*."""
    completeness = Completeness(
        study=study.name,
        as_of=None if study.as_of is None else iso(study.as_of),
        position=past.until + 1,
        end=end,
        known_at=time_text(past.known_at),
        plan_sha256=study.plan.sha256,
        digest="",
        title=study.plan.title,
        unallocated=count_unallocated(study),
    )
    return StudyFacts(
        study=study,
        completeness=completeness,
        known=past.recorder.evaluate(),
        case_versions=past.cases.versions,
        occurred=lambda watch: occurred_trajectory(study, watch),
    )


def with_baseline(
    facts: StudyFacts, decision: Decision | None, baseline: PastStudy | None
) -> StudyFacts:
    """Return *facts* with the study at *decision*; BaselineNeeded is raised until it is folded."""
    if decision is None:
        return facts

    def baseline_study() -> Study | None:
        if baseline is None:
            raise BaselineNeeded
        return baseline.study

    return replace(facts, baseline=baseline_study, baseline_day=decision.day)


def with_digest(facts: StudyFacts, digest: str) -> StudyFacts:
    """Return *facts* whose completeness has the state digest *digest*."""
    return replace(facts, completeness=replace(facts.completeness, digest=digest))
