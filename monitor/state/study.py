"""All that is known of one study: its facts, and everything counted from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Protocol

from monitor.dates import FOREVER
from monitor.exposure.first_events import FirstEvents
from monitor.exposure.follow_up import FollowUp
from monitor.exposure.person_time import Interval, Leaving, PersonDays, Spell
from monitor.plan.plan import Plan, Spent
from monitor.plan.watch import Basis, Watch
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
from monitor.state.dirty import Trace
from monitor.state.entities import Ledger, Thing
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
    facts: dict[str, Thing] = field(default_factory=dict[str, Thing])
    cases: dict[str, Thing] = field(default_factory=dict[str, Thing])
    spells: tuple[Spell, ...] = ()
    starts: tuple[tuple[int, int], ...] = ()
    doses: tuple[DosedDays, ...] = ()
    allocated: int | None = None
    site: str | None = None


@dataclass(frozen=True, slots=True)
class Bench:
    """What a watch compares, by numbers; all of tier 2 on one treatment share one.

    *watch* is as the plan states it.  In tier 2 it lacks its id and its term, which *names* has.
    """

    watch: Watch
    treatment: int
    control: int | None
    follow_up: FollowUp | None
    names: Vocabulary


@dataclass(slots=True, eq=False)
class Running:
    """A watch at work: where its evidence comes from, and where it stands.

    There are more of tier 2 than of anything else but cases, so each is kept to three words.
    """

    bench: Bench
    events: WatchedFirstEvents
    verdict: Verdict | None = None

    @property
    def watch(self) -> Watch:
        """The watch as the plan states it, or would if it named every term."""
        watch = self.bench.watch
        if watch.tier != 2:
            return watch
        return replace(watch, id=self.id, term=self.bench.names[self.events.term])

    @property
    def id(self) -> str:
        """The name of the watch, the same in every replay."""
        watch = self.bench.watch
        if watch.tier != 2:
            return watch.id
        kind, name = self.bench.names[self.events.term]
        return f"screening/{kind}/{name}/{watch.treatment}"


@dataclass(slots=True, eq=False)
class WatchedFirstEvents(FirstEvents):
    """First events, and the watches that are evaluated on them."""

    watches: tuple[Running, ...] = field(default=(), repr=False)


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
    ledger: Ledger = field(default_factory=Ledger)
    latest: int | None = None
    horizon: int = FOREVER
    onsets_until: int = FOREVER
    spent: dict[str, Spent] = field(default_factory=dict[str, Spent])
    episodes: dict[str, Episode] = field(default_factory=dict[str, Episode])

    treatments: dict[str, int] = field(default_factory=dict[str, int])
    periods: dict[str, int] = field(default_factory=dict[str, int])
    context_groups: tuple[tuple[int, Group], ...] = ()
    vocabulary: Vocabulary = VOCABULARY
    grouped_by: Callable[[AdverseEvent], object] = attrgetter("preferred_term")
    named_terms: frozenset[tuple[object, str]] = frozenset()
    term_sets: dict[object, tuple[int, ...]] = field(default_factory=dict[object, tuple[int, ...]])
    collected: dict[int, int] = field(default_factory=dict[int, int])
    subjects: dict[str, SubjectState] = field(default_factory=dict[str, SubjectState])
    numbers: dict[tuple[int, int], tuple[int, ...]] = field(
        default_factory=dict[tuple[int, int], tuple[int, ...]]
    )
    tables: list[dict[int, Cell]] = field(default_factory=list[dict[int, Cell]])
    exposure: list[PersonDays] = field(default_factory=list[PersonDays])
    follow_ups: dict[Basis, FollowUp] = field(default_factory=dict[Basis, FollowUp])
    first_events: dict[int, list[WatchedFirstEvents]] = field(
        default_factory=dict[int, list[WatchedFirstEvents]]
    )
    exposed: list[WatchedFirstEvents] = field(default_factory=list[WatchedFirstEvents])
    benches: list[Bench] = field(default_factory=list[Bench])
    strong: dict[Running, float] = field(default_factory=dict[Running, float])
    screened: int = 0
    touched: dict[WatchedFirstEvents, int] = field(default_factory=dict[WatchedFirstEvents, int])
    trace: Trace | None = None
    decided: set[str] = field(default_factory=set[str])
    beside: Beside | None = None
    looks: int = field(default=0, compare=False)

    @property
    def as_of(self) -> int | None:
        """The day the data speak of: the latest one known, and never past the horizon."""
        return None if self.latest is None else min(self.latest, self.horizon)

    def running(self) -> Iterator[Running]:
        """Every watch of the study, those of one term together."""
        for scopes in self.first_events.values():
            for events in scopes:
                yield from events.watches

    @property
    def watches(self) -> dict[str, Running]:
        """Every watch by its id; made when asked for, since nothing that is frequent asks."""
        return {running.id: running for running in self.running()}

    def subject(self, name: str) -> SubjectState:
        """The subject under which records of *name* count, made at its first mention."""
        if self.ledger.aliases:
            name = self.ledger.survivor(name)
        found = self.subjects.get(name)
        if found is None:
            found = self.subjects[name] = SubjectState(len(self.subjects), name)
        return found

    def intervals_of(self, subject: SubjectState) -> list[Interval]:
        """The treatments that the subject received, by their start."""
        return sorted(
            Interval(
                body.start,
                thing,
                FOREVER if body.end is None else body.end,
                self.periods[body.period],
                self.treatments[body.treatment],
            )
            for thing, held in subject.facts.items()
            if isinstance(body := held.body, Treatment)
        )

    def leavings_of(self, subject: SubjectState) -> list[Leaving]:
        """The ends of follow-up that the subject's facts tell of."""
        leavings: list[Leaving] = []
        for held in subject.facts.values():
            body = held.body
            if isinstance(body, Disposition):
                period = None if body.period is None else self.periods[body.period]
                leavings.append(Leaving(body.date, period))
        return leavings

    def allocation_of(self, subject: SubjectState) -> int | None:
        """The arm the subject was randomised to; of several statements, the first by name."""
        arms = sorted(
            (thing, held.body.randomised_treatment)
            for thing, held in subject.facts.items()
            if isinstance(held.body, Subject) and held.body.randomised_treatment
        )
        return self.treatments[arms[0][1] or ""] if arms else None

    def site_of(self, subject: SubjectState) -> str | None:
        """The site that the subject's records come from; of several statements, the first."""
        sites = sorted(
            (thing, held.body.site)
            for thing, held in subject.facts.items()
            if isinstance(held.body, Subject) and held.body.site
        )
        return sites[0][1] if sites else None

    def doses_of(self, subject: SubjectState) -> tuple[DosedDays, ...]:
        """The subject's administrations, by date."""
        bodies = [held.body for held in subject.facts.values() if isinstance(held.body, Dose)]
        return tuple(sorted(DosedDays(dose.first_date, dose.last_date) for dose in bodies))

    def table_numbers(self, period: int, treatment: int) -> tuple[int, ...]:
        """The tables in which (period, treatment) is counted: its own, and that of all periods."""
        known = self.numbers.get((period, treatment))
        if known is None:
            width = len(self.treatments)
            own, all_periods = period * width + treatment, len(self.periods) * width + treatment
            known = (own,) if len(self.periods) == 1 else (own, all_periods)
            self.numbers[period, treatment] = known
        return known

    def collections(self) -> dict[int, int]:
        """From which day each term is collected, where a record says so; the latest holds."""
        found: dict[int, int] = {}
        for name, held in self.ledger.things.items():
            if isinstance(held.body, Collection) and self.ledger.live(name):
                number = self.vocabulary.number(Term(TermKind(held.body.kind), held.body.term))
                found[number] = max(found.get(number, 0), held.body.start)
        return found

    def waiting(self, subject: SubjectState) -> bool:
        """Whether the subject has neither an allocation nor a treatment: its events wait."""
        return subject.allocated is None and not any(
            isinstance(held.body, Treatment) for held in subject.facts.values()
        )


class Beside(Protocol):
    """A companion of a study, such as the docket of its alerts."""

    def fields(self) -> Iterator[tuple[str, str]]:
        """What it adds to the digest of the state, as named values."""
        ...
