"""The spellings of a study's terms, and which of them is shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush

from monitor.records import AdverseEvent, TermKind
from monitor.state.entities import Entities, Entity
from monitor.state.subject import SubjectState
from monitor.terms import CODED_KINDS, VOCABULARY, Term, Vocabulary

OUTDATED_MAX = 1_000
"""Entries beyond two for each entity, from which the heaps are built again."""

CaseKey = tuple[int, str]
"""`known_at` of the latest version of a case, in seconds since 1970, and its entity id."""


@dataclass(slots=True)
class Spellings:
    """How the active cases of a study spell their terms.

    A term is shown as the case with the earliest `known_at` spells it, of several the one with the
    smallest id.  *numbers* holds the term numbers of each preferred term and class as they are
    spelled, *first* the first spelling by term number, and *others* all further ones.  As long as
    there are none that is all.  From then on *heaps* holds the cases by term number; a case that
    was corrected or nullified since is dropped when it comes first.
    """

    entities: Entities
    subjects: Mapping[str, SubjectState]
    vocabulary: Vocabulary = VOCABULARY
    numbers: dict[tuple[str, str], tuple[int, int]] = field(
        default_factory=dict[tuple[str, str], tuple[int, int]]
    )
    first: dict[int, str] = field(default_factory=dict[int, str])
    others: dict[int, set[str]] = field(default_factory=dict[int, set[str]])
    heaps: dict[int, list[CaseKey]] | None = None
    pushed: int = 0

    def note_case(self, entity_id: str, entity: Entity) -> None:
        """Note the spellings of an active case, at its first version, a later one, or again."""
        case = entity.body
        assert isinstance(case, AdverseEvent)
        numbers = self.numbers.get((case.preferred_term, case.system_organ_class))
        if numbers is None:
            numbers = self._add_spellings(case)
            if self.others and self.heaps is None:
                self._build_heaps()
                return
        if self.heaps is not None:
            self._push(numbers, (entity.known_at, entity_id))

    def rebuild(self) -> None:
        """Note the spellings of all active cases again, after any of them may have changed."""
        self.numbers.clear()
        self.first.clear()
        self.others.clear()
        self.heaps, self.pushed = None, 0
        for _, entity in self._active_cases():
            case = entity.body
            assert isinstance(case, AdverseEvent)
            if (case.preferred_term, case.system_organ_class) not in self.numbers:
                self._add_spellings(case)
        if self.others:
            self._build_heaps()

    def shown(self, number: int) -> str | None:
        """Return the spelling of the term with *number* to show; None without an active case."""
        if self.heaps is None:
            return self.first.get(number)
        heap, kind = self.heaps.get(number, []), self.vocabulary[number].kind
        while heap:
            if (spelling := self._spelling_of(heap[0], number, kind)) is not None:
                return spelling
            heappop(heap)
        return None

    def spellings_of(self, number: int) -> Iterator[str]:
        """Yield the spellings of the term with *number*, also such that no case has any more."""
        if number in self.first:
            yield self.first[number]
        yield from sorted(self.others.get(number, ()))

    def is_of_most_cases(self, number: int, spelling: str) -> bool | None:
        """Whether more than half of the active cases of the term spell it in this way.

        None without an active case, whether the term had one before or not.
        """
        if self.heaps is None:
            is_active = any(number in self._numbers_of(each) for _, each in self._active_cases())
            return self.first.get(number) == spelling if is_active else None
        kind, keys = self.vocabulary[number].kind, set(self.heaps.get(number, ()))
        spellings = [self._spelling_of(key, number, kind) for key in keys]
        active_count = len(spellings) - spellings.count(None)
        return 2 * spellings.count(spelling) > active_count if active_count else None

    def _numbers_of(self, entity: Entity) -> tuple[int, int]:
        """Return the numbers of the preferred term and class of an active case."""
        assert isinstance(entity.body, AdverseEvent)
        return self.numbers[entity.body.preferred_term, entity.body.system_organ_class]

    def _add_spellings(self, case: AdverseEvent) -> tuple[int, int]:
        """Add the preferred term and class as *case* spells them; return their numbers."""
        spelled = case.preferred_term, case.system_organ_class
        term, organ_class = (
            self.vocabulary.number_of(Term(kind, name))
            for kind, name in zip(CODED_KINDS, spelled, strict=True)
        )
        self.numbers[spelled] = numbers = term, organ_class
        for number, name in zip(numbers, spelled, strict=True):
            if self.first.setdefault(number, name) != name:
                self.others.setdefault(number, set()).add(name)
        return numbers

    def _build_heaps(self) -> None:
        """Put every active case into the heaps of its terms."""
        heaps = self.heaps = {}
        self.pushed = 0
        for entity_id, entity in self._active_cases():
            for number in self._numbers_of(entity):
                heaps.setdefault(number, []).append((entity.known_at, entity_id))
        for heap in heaps.values():
            heapify(heap)

    def _push(self, numbers: tuple[int, int], key: CaseKey) -> None:
        """Add a case to the heaps of its terms; drop outdated entries before they are too many."""
        assert self.heaps is not None
        self.pushed += 1
        if self.pushed > 2 * len(self.entities.by_id) + OUTDATED_MAX:
            self._build_heaps()
            return
        for number in numbers:
            heappush(self.heaps.setdefault(number, []), key)

    def _spelling_of(self, key: CaseKey, number: int, kind: TermKind) -> str | None:
        """Return how the case spells the term; None where the entry is outdated."""
        known_at, entity_id = key
        entity = self.entities.by_id[entity_id]
        case = entity.body
        assert isinstance(case, AdverseEvent)
        is_preferred = kind is TermKind.PREFERRED_TERM
        spelling = case.preferred_term if is_preferred else case.system_organ_class
        is_current = (
            entity.known_at == known_at
            and self.vocabulary.number_of(Term(kind, spelling)) == number
            and self._is_active(entity_id, case)
        )
        return spelling if is_current else None

    def _is_active(self, entity_id: str, case: AdverseEvent) -> bool:
        """Whether the case counts for its subject; a chain of merges makes this no slower."""
        subject = self.subjects.get(self.entities.surviving_subject(case.subject))
        return subject is not None and entity_id in subject.cases

    def _active_cases(self) -> Iterator[tuple[str, Entity]]:
        for subject in self.subjects.values():
            yield from subject.cases.items()
