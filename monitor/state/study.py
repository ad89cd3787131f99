"""All that is known of one study: its facts, and everything counted from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Protocol

from monitor.dates import FOREVER
from monitor.exposure.first_events import FirstEvents
from monitor.exposure.follow_up import FollowUp
from monitor.exposure.person_time import FollowUpEnd, PersonDays, Spell, TreatmentInterval
from monitor.plan.plan import Plan, SpentShare
from monitor.plan.watch import RiskSetBasis, Watch
from monitor.records import (
    AdverseEvent,
    Collection,
    Disposition,
    Dose,
    Subject,
    TermKind,
    Treatment,
)
from monitor.state.cell import Cell
from monitor.state.dirty import DirtySet
from monitor.state.entities import Entities, Entity
from monitor.state.episode import Episode
from monitor.state.verdict import Verdict
from monitor.terms import VOCABULARY, DosedDays, Group, Term, Vocabulary


@dataclass(slots=True)
class SubjectState:
    """One subject: what its records say, and the days at risk that follow from them.

    *starts* is the first day of treatment by period, whether or not it put the subject at risk;
    *counts* is what each cell holds of the subject, by number of its table and of its term.
    """

    number: int
    name: str
    counts: dict[int, dict[int, int]] = field(default_factory=dict[int, dict[int, int]])
    facts: dict[str, Entity] = field(default_factory=dict[str, Entity])
    cases: dict[str, Entity] = field(default_factory=dict[str, Entity])
    spells: tuple[Spell, ...] = ()
    period_starts: tuple[tuple[int, int], ...] = ()
    doses: tuple[DosedDays, ...] = ()
    allocated_arm: int | None = None
    site: str | None = None


@dataclass(frozen=True, slots=True)
class WatchDesign:
    """What a watch compares, by numbers; all of tier 2 on one treatment share one.

    *watch* is as the plan states it.  In tier 2 it lacks its id and its term, which *names* has.
    """

    watch: Watch
    treatment: int
    control: int | None
    follow_up: FollowUp | None
    vocabulary: Vocabulary


@dataclass(slots=True, eq=False)
class ActiveWatch:
    """A watch at work: where its evidence comes from, and where it stands.

    There are more of tier 2 than of anything else but cases, so each is kept to three words.
    """

    design: WatchDesign
    first_events: WatchedFirstEvents
    verdict: Verdict | None = None

    @property
    def watch(self) -> Watch:
        """The watch as the plan states it, or would if it named every term."""
        watch = self.design.watch
        if watch.tier != 2:
            return watch
        return replace(watch, id=self.id, term=self.design.vocabulary[self.first_events.term])

    @property
    def id(self) -> str:
        """The name of the watch, the same in every replay."""
        watch = self.design.watch
        if watch.tier != 2:
            return watch.id
        kind, name = self.design.vocabulary[self.first_events.term]
        return f"screening/{kind}/{name}/{watch.treatment}"


@dataclass(slots=True, eq=False)
class WatchedFirstEvents(FirstEvents):
    """First events, and the watches that are evaluated on them."""

    watches: tuple[ActiveWatch, ...] = field(default=(), repr=False)


@dataclass(slots=True)
class Study:
    """The state of one study.  Everything below *facts* is a function of what is above it.

    *horizon* and *onsets_until* are for a look at the past: no day after them counts.  A
    table's number is ``period * treatments + treatment``; the last period number, one above
    the plan's, stands for all periods together.  *looks* counts judgements, for metrics alone.

    *decided* are the watches on whose alerts people have decided: a change of the events beneath
    is told.  *beside* is what a layer above keeps of the study; nothing here looks at it.
    """

    name: str
    plan: Plan
    entities: Entities = field(default_factory=Entities)
    latest_day: int | None = None
    horizon: int = FOREVER
    onset_horizon: int = FOREVER
    spent_shares: dict[str, SpentShare] = field(default_factory=dict[str, SpentShare])
    episodes: dict[str, Episode] = field(default_factory=dict[str, Episode])

    treatment_numbers: dict[str, int] = field(default_factory=dict[str, int])
    period_numbers: dict[str, int] = field(default_factory=dict[str, int])
    context_groups: tuple[tuple[int, Group], ...] = ()
    vocabulary: Vocabulary = VOCABULARY
    grouping_key: Callable[[AdverseEvent], object] = attrgetter("preferred_term")
    tier_1_terms: frozenset[tuple[object, str]] = frozenset()
    terms_by_key: dict[object, tuple[int, ...]] = field(
        default_factory=dict[object, tuple[int, ...]]
    )
    collected_from: dict[int, int] = field(default_factory=dict[int, int])
    subjects: dict[str, SubjectState] = field(default_factory=dict[str, SubjectState])
    table_number_cache: dict[tuple[int, int], tuple[int, ...]] = field(
        default_factory=dict[tuple[int, int], tuple[int, ...]]
    )
    tables: list[dict[int, Cell]] = field(default_factory=list[dict[int, Cell]])
    person_days: list[PersonDays] = field(default_factory=list[PersonDays])
    follow_ups: dict[RiskSetBasis, FollowUp] = field(default_factory=dict[RiskSetBasis, FollowUp])
    first_events: dict[int, list[WatchedFirstEvents]] = field(
        default_factory=dict[int, list[WatchedFirstEvents]]
    )
    reference_first_events: list[WatchedFirstEvents] = field(
        default_factory=list[WatchedFirstEvents]
    )
    screening_designs: list[WatchDesign] = field(default_factory=list[WatchDesign])
    e_bh_candidates: dict[ActiveWatch, float] = field(default_factory=dict[ActiveWatch, float])
    hypotheses: int = 0
    changed_first_events: dict[WatchedFirstEvents, int] = field(
        default_factory=dict[WatchedFirstEvents, int]
    )
    dirty: DirtySet | None = None
    decided_watches: set[str] = field(default_factory=set[str])
    extension: StudyExtension | None = None
    evaluation_count: int = field(default=0, compare=False)

    @property
    def as_of(self) -> int | None:
        """The day the data speak of: the latest one known, and never past the horizon."""
        return None if self.latest_day is None else min(self.latest_day, self.horizon)

    def active_watches(self) -> Iterator[ActiveWatch]:
        """Every watch of the study, those of one term together."""
        for scopes in self.first_events.values():
            for first_events in scopes:
                yield from first_events.watches

    @property
    def watches_by_id(self) -> dict[str, ActiveWatch]:
        """Every watch by its id; made when asked for, since nothing that is frequent asks."""
        return {running.id: running for running in self.active_watches()}

    def get_or_add_subject(self, name: str) -> SubjectState:
        """The subject under which records of *name* count, made at its first mention."""
        if self.entities.merged_by:
            name = self.entities.surviving_subject(name)
        state = self.subjects.get(name)
        if state is None:
            state = self.subjects[name] = SubjectState(len(self.subjects), name)
        return state

    def treatment_intervals_of(self, subject: SubjectState) -> list[TreatmentInterval]:
        """The treatments that the subject received, by their start."""
        return sorted(
            TreatmentInterval(
                body.start,
                entity_id,
                FOREVER if body.end is None else body.end,
                self.period_numbers[body.period],
                self.treatment_numbers[body.treatment],
            )
            for entity_id, entity in subject.facts.items()
            if isinstance(body := entity.body, Treatment)
        )

    def follow_up_ends_of(self, subject: SubjectState) -> list[FollowUpEnd]:
        """The ends of follow-up that the subject's facts tell of."""
        follow_up_ends: list[FollowUpEnd] = []
        for entity in subject.facts.values():
            body = entity.body
            if isinstance(body, Disposition):
                period = None if body.period is None else self.period_numbers[body.period]
                follow_up_ends.append(FollowUpEnd(body.date, period))
        return follow_up_ends

    def allocation_of(self, subject: SubjectState) -> int | None:
        """The arm the subject was randomised to; of several statements, the first by name."""
        arms = sorted(
            (entity_id, entity.body.randomised_treatment)
            for entity_id, entity in subject.facts.items()
            if isinstance(entity.body, Subject) and entity.body.randomised_treatment
        )
        return self.treatment_numbers[arms[0][1] or ""] if arms else None

    def site_of(self, subject: SubjectState) -> str | None:
        """The site that the subject's records come from; of several statements, the first."""
        sites = sorted(
            (entity_id, entity.body.site)
            for entity_id, entity in subject.facts.items()
            if isinstance(entity.body, Subject) and entity.body.site
        )
        return sites[0][1] if sites else None

    def doses_of(self, subject: SubjectState) -> tuple[DosedDays, ...]:
        """The subject's administrations, by date."""
        bodies = [entity.body for entity in subject.facts.values() if isinstance(entity.body, Dose)]
        return tuple(sorted(DosedDays(dose.first_date, dose.last_date) for dose in bodies))

    def table_numbers(self, period: int, treatment: int) -> tuple[int, ...]:
        """The tables in which (period, treatment) is counted: its own, and that of all periods."""
        numbers = self.table_number_cache.get((period, treatment))
        if numbers is None:
            treatment_count = len(self.treatment_numbers)
            own, all_periods = (
                period * treatment_count + treatment,
                len(self.period_numbers) * treatment_count + treatment,
            )
            numbers = (own,) if len(self.period_numbers) == 1 else (own, all_periods)
            self.table_number_cache[period, treatment] = numbers
        return numbers

    def collection_starts(self) -> dict[int, int]:
        """From which day each term is collected, where a record says so; the latest holds."""
        starts: dict[int, int] = {}
        for entity_id, entity in self.entities.by_id.items():
            if isinstance(entity.body, Collection) and self.entities.is_active(entity_id):
                number = self.vocabulary.number_of(
                    Term(TermKind(entity.body.kind), entity.body.term)
                )
                starts[number] = max(starts.get(number, 0), entity.body.start)
        return starts

    def is_unallocated(self, subject: SubjectState) -> bool:
        """Whether the subject has neither an allocation nor a treatment: its events wait."""
        return subject.allocated_arm is None and not any(
            isinstance(entity.body, Treatment) for entity in subject.facts.values()
        )


class StudyExtension(Protocol):
    """A companion of a study, such as the docket of its alerts."""

    def digest_fields(self) -> Iterator[tuple[str, str]]:
        """What it adds to the digest of the state, as named values."""
        ...
