"""The state of one study: its entities, and everything counted from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import NamedTuple, Protocol

from monitor.dates import FOREVER
from monitor.exposure.doses import DosedDays
from monitor.exposure.first_events import FirstEvents
from monitor.exposure.follow_up import FollowUp
from monitor.exposure.person_time import FollowUpEnd, PersonDays, TreatmentInterval
from monitor.plan.plan import Plan, SpentShare
from monitor.plan.watch import RiskSetBasis, Watch
from monitor.records import (
    AdverseEvent,
    Disposition,
    Dose,
    Subject,
    Treatment,
)
from monitor.screening_watch import screening_watch_id
from monitor.state.cell import Cell
from monitor.state.days_on_record import DaysOnRecord
from monitor.state.dirty import DirtySet
from monitor.state.entities import Entities
from monitor.state.episode import Episode
from monitor.state.limits import LIMITS, StudyLimits
from monitor.state.scopes import ScopesByTerm
from monitor.state.spellings import Spellings
from monitor.state.subject import SubjectState
from monitor.state.verdict import Verdict
from monitor.terms import VOCABULARY, CaseTerms, Group, Vocabulary


@dataclass(frozen=True, slots=True)
class WatchDesign:
    """The arms and the follow-up table that a watch compares, by number.

    *watch* is the plan's entry.  All tier 2 watches of a treatment share one design; its *watch*
    is a template without id and term, which ``ActiveWatch`` takes from *vocabulary*.
    *treated_arms* and *control_arms* are the treatments that count for each arm: one, or those
    that the watch pools.  The follow-up table counts all of an arm under the first.
    """

    watch: Watch
    treatment: int
    control: int | None
    follow_up: FollowUp | None
    vocabulary: Vocabulary
    treated_arms: tuple[int, ...]
    control_arms: tuple[int, ...] = ()


class FollowUpKey(NamedTuple):
    """What a follow-up table is shared by: all watches on one basis that count the same days.

    *pooled_arms* is as in ``FollowUp``.  *term* and *within_days* are those of a scope that counts
    fewer days than its subjects are at risk.
    """

    basis: RiskSetBasis
    pooled_arms: tuple[int, ...] | None = None
    term: int | None = None
    within_days: int | None = None


@dataclass(slots=True, eq=False)
class ActiveWatch:
    """A watch of a study with its first events and its last verdict.

    Only cases are more numerous than tier 2 watches, so each has three fields only.
    """

    design: WatchDesign
    first_events: WatchedFirstEvents
    verdict: Verdict | None = None

    @property
    def watch(self) -> Watch:
        """The plan's entry, or for tier 2 the template with id and term filled in."""
        watch = self.design.watch
        if watch.tier != 2:
            return watch
        return replace(watch, id=self.id, term=self.design.vocabulary[self.first_events.term])

    @property
    def id(self) -> str:
        """The id of the watch, which is the same in every replay."""
        watch = self.design.watch
        if watch.tier != 2:
            return watch.id
        return screening_watch_id(self.design.vocabulary[self.first_events.term], watch.treatment)


@dataclass(slots=True, eq=False)
class WatchedFirstEvents(FirstEvents):
    """First events of one scope with the watches that are evaluated on them."""

    watches: tuple[ActiveWatch, ...] = field(default=(), repr=False)


@dataclass(slots=True)
class Study:
    """The state of one study.

    ``fold.change.recount`` rebuilds all counts from the fields up to *episodes*.  Verdicts are
    set by a look or by ``fold.restore``.

    *latest_day* is the as-of date that *days_on_record* supports, without a horizon.
    *horizon* and *onset_horizon* are ordinal days for a look at the past: no as-of date, and no
    onset, after them counts.  A table number is ``period * treatments + treatment``; the period
    number after the last of the plan means all periods together.

    *exempt_terms* are the terms that any record `not_at_risk` names, and *narrow_scopes* the scopes
    that count fewer days than their subjects are at risk (``evidence.scopes``).

    *decided_watches* are watches on whose alerts the board has decided: a change of their first
    events is reported.  *extension* belongs to a layer above; the fold does not read it.
    *start_changed* states whether the last record about a subject changed the first day on
    treatment of the subject, or of the *left_subject* whose record it was before, or whether one
    of them is allocated.  *context_changes* are the cases whose groups with
    context the last record may have changed.  *evaluation_count* counts evaluations of watches,
    for metrics only.
    """

    name: str
    plan: Plan
    entities: Entities = field(default_factory=Entities)
    days_on_record: DaysOnRecord = field(default_factory=lambda: DaysOnRecord(0))
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
    terms_by_key: dict[object, CaseTerms] = field(default_factory=dict[object, CaseTerms])
    groups_by_label: dict[str, tuple[Group, ...]] = field(
        default_factory=dict[str, tuple[Group, ...]]
    )
    collected_from: dict[int, int] = field(default_factory=dict[int, int])
    subjects: dict[str, SubjectState] = field(default_factory=dict[str, SubjectState])
    table_number_cache: dict[tuple[int, int], tuple[int, ...]] = field(
        default_factory=dict[tuple[int, int], tuple[int, ...]]
    )
    tables: list[dict[int, Cell]] = field(default_factory=list[dict[int, Cell]])
    person_days: list[PersonDays] = field(default_factory=list[PersonDays])
    follow_ups: dict[FollowUpKey, FollowUp] = field(default_factory=dict[FollowUpKey, FollowUp])
    first_events: ScopesByTerm[WatchedFirstEvents] = field(
        default_factory=lambda: ScopesByTerm[WatchedFirstEvents]()
    )
    reference_first_events: list[WatchedFirstEvents] = field(
        default_factory=list[WatchedFirstEvents]
    )
    exempt_terms: set[int] = field(default_factory=set[int])
    narrow_scopes: list[WatchedFirstEvents] = field(default_factory=list[WatchedFirstEvents])
    screening_designs: list[WatchDesign] = field(default_factory=list[WatchDesign])
    e_bh_candidates: dict[ActiveWatch, float] = field(default_factory=dict[ActiveWatch, float])
    hypotheses: int = 0
    changed_first_events: dict[WatchedFirstEvents, int] = field(
        default_factory=dict[WatchedFirstEvents, int]
    )
    context_changes: set[str] = field(default_factory=set[str])
    start_changed: bool = False
    left_subject: SubjectState | None = field(default=None, compare=False)
    dirty: DirtySet | None = None
    decided_watches: set[str] = field(default_factory=set[str])
    extension: StudyExtension | None = None
    evaluation_count: int = field(default=0, compare=False)
    limits: StudyLimits = field(default=LIMITS, compare=False)
    spellings: Spellings = field(init=False, compare=False)

    def __post_init__(self) -> None:
        self.spellings = Spellings(self.entities, self.subjects, self.vocabulary)

    @property
    def as_of(self) -> int | None:
        """The as-of date, at most *horizon*; None before any data."""
        return None if self.latest_day is None else min(self.latest_day, self.horizon)

    def active_watches(self) -> Iterator[ActiveWatch]:
        """Yield every watch of the study, grouped by term."""
        for scopes in self.first_events.values():
            for first_events in scopes:
                yield from first_events.watches

    @property
    def watches_by_id(self) -> dict[str, ActiveWatch]:
        """Every watch by its id; computed on each access, which is rare."""
        return {active_watch.id: active_watch for active_watch in self.active_watches()}

    def get_or_add_subject(self, name: str) -> SubjectState:
        """Return the subject under which records of *name* count; create it where missing."""
        if self.entities.merged_by:
            name = self.entities.surviving_subject(name)
        state = self.subjects.get(name)
        if state is None:
            state = self.subjects[name] = SubjectState(len(self.subjects), name)
        return state

    def treatment_intervals_of(self, subject: SubjectState) -> list[TreatmentInterval]:
        """Return the treatments of the subject, sorted by start."""
        intervals: list[TreatmentInterval] = []
        for entity_id, entity in subject.facts.items():
            body = entity.body
            if isinstance(body, Treatment):
                end = FOREVER if body.end is None else body.end
                period = self.period_numbers[body.period]
                treatment = self.treatment_numbers[body.treatment]
                intervals.append(TreatmentInterval(body.start, entity_id, end, period, treatment))
        intervals.sort()
        return intervals

    def follow_up_ends_of(self, subject: SubjectState) -> list[FollowUpEnd]:
        """Return the ends of follow-up from the subject's dispositions."""
        follow_up_ends: list[FollowUpEnd] = []
        for entity in subject.facts.values():
            body = entity.body
            if isinstance(body, Disposition):
                period = None if body.period is None else self.period_numbers[body.period]
                follow_up_ends.append(FollowUpEnd(body.date, period))
        return follow_up_ends

    def allocation_of(self, subject: SubjectState) -> tuple[int | None, str | None]:
        """Return arm and site of the subject; of several records of either, the first by id."""
        arms: list[tuple[str, str]] = []
        sites: list[tuple[str, str]] = []
        for entity_id, entity in subject.facts.items():
            body = entity.body
            if isinstance(body, Subject):
                if body.randomised_treatment:
                    arms.append((entity_id, body.randomised_treatment))
                if body.site:
                    sites.append((entity_id, body.site))
        arm = self.treatment_numbers[min(arms)[1]] if arms else None
        return arm, min(sites)[1] if sites else None

    def doses_of(self, subject: SubjectState) -> tuple[DosedDays, ...]:
        """Return the subject's administrations, sorted by date."""
        entities = (subject.administrations or {}).values()
        bodies = [entity.body for entity in entities if isinstance(entity.body, Dose)]
        return tuple(sorted(DosedDays(dose.first_date, dose.last_date) for dose in bodies))

    def table_numbers(self, period: int, treatment: int) -> tuple[int, ...]:
        """Return the numbers of the tables that count (period, treatment).

        These are its own table and the table of all periods, if the plan has several.
        """
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

    def is_unallocated(self, subject: SubjectState) -> bool:
        """Whether the subject has neither an allocation nor a treatment, so no case counts."""
        return subject.allocated_arm is None and not any(
            isinstance(entity.body, Treatment) for entity in subject.facts.values()
        )


class StudyExtension(Protocol):
    """State that a layer above keeps with a study, such as the alert register."""

    def digest_fields(self) -> Iterator[tuple[str, str]]:
        """Yield the (name, value) pairs that the extension adds to the state digest."""
        ...
