"""Latest versions of the entities of a study, with their retractions and merges."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from monitor.errors import Reason, Refusal
from monitor.records import AdverseEvent, Body, Merge, Record, Retraction


class RecordOutcome(StrEnum):
    """What the fold did with a record; each record has exactly one outcome."""

    FOLDED = "folded"
    DUPLICATE = "duplicate"
    STALE = "stale"
    CONFLICT = "conflict"
    REFUSED = "refused"
    UNALLOCATED = "unallocated"


class Contribution(NamedTuple):
    """What one case adds to the counts.  Versions with equal contributions count the same.

    *onset* is an ordinal day, *increment* a value of ``count_increment``, *terms* are term
    numbers.
    """

    period: int
    treatment: int
    onset: int
    increment: int
    terms: tuple[int, ...]


@dataclass(slots=True)
class Entity:
    """An entity at its latest accepted version; *versions* is the number of accepted versions.

    A case that is in the tables has *counted_versions* above 0, and its contribution in the
    fields *period* to *terms*.  *known_at* is that of the latest version of a case, in seconds
    since 1970, and 0 for other entities.
    """

    version: int
    digest: int
    versions: int
    body: Body
    counted_versions: int = 0
    known_at: int = 0
    period: int = 0
    treatment: int = 0
    onset: int = 0
    increment: int = 0
    terms: tuple[int, ...] = ()

    @property
    def contribution(self) -> Contribution | None:
        """The contribution of the case, or None where it is not counted.

        Stored as single fields to save memory: most cases share their values.
        """
        if not self.counted_versions:
            return None
        return Contribution(self.period, self.treatment, self.onset, self.increment, self.terms)

    def set_contribution(self, contribution: Contribution | None) -> None:
        """Set the contribution, with all versions counted, or None for a case not counted."""
        self.counted_versions = 0 if contribution is None else self.versions
        if contribution is not None:
            self.period, self.treatment, self.onset, self.increment, self.terms = contribution


@dataclass(slots=True)
class Entities:
    """All entities of a study by id, and the retractions and merges that name each.

    *nullified_by* holds retractions and merges of cases by their target's id, *merged_by* merges
    of subjects by the duplicate's name.  *cycles* holds the number of the cycle of merges that a
    case is in, or is None while it is not known, and *survivors* caches ``surviving_subject``.
    """

    by_id: dict[str, Entity] = field(default_factory=dict[str, Entity])
    nullified_by: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    merged_by: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    cycles: dict[str, int] | None = field(default=None, compare=False)
    survivors: dict[str, str] = field(default_factory=dict[str, str], compare=False)

    def classify_version(self, record: Record) -> RecordOutcome | Refusal:
        """Classify the record by its version and digest alone.

        Returns FOLDED for a first or higher version, STALE for a lower one, and DUPLICATE or
        CONFLICT for the same version.  Returns a Refusal where a higher version has another
        record type.
        """
        entity = self.by_id.get(record.entity_id)
        if entity is None:
            return RecordOutcome.FOLDED
        if record.version < entity.version:
            return RecordOutcome.STALE
        if record.version == entity.version:
            return (
                RecordOutcome.DUPLICATE
                if record.digest == entity.digest
                else RecordOutcome.CONFLICT
            )
        if type(entity.body) is not type(record.body):
            return Refusal(
                Reason.TYPE_CHANGED, "The record's type differs from its earlier version."
            )
        return RecordOutcome.FOLDED

    def add_version(self, record: Record) -> Entity:
        """Store *record* as the latest version of its entity."""
        entity = self.by_id.get(record.entity_id)
        if entity is None:
            entity = Entity(record.version, record.digest, 1, record.body)
            self.by_id[record.entity_id] = entity
        else:
            entity.version, entity.digest, entity.body = record.version, record.digest, record.body
            entity.versions += 1
        if isinstance(record.body, AdverseEvent):
            entity.known_at = record.known_at
        return entity

    def toggle_reference(self, entity_id: str, body: Retraction | Merge) -> None:
        """Add the reference from *entity_id* to the target of *body*, or remove it if present."""
        references = self.merged_by if is_subject_merge(body) else self.nullified_by
        references.setdefault(target_of(body), set()).symmetric_difference_update({entity_id})
        self.cycles = None
        self.survivors.clear()

    def is_active(self, entity_id: str) -> bool:
        """Whether no active retraction or merge nullifies the entity."""
        if not self.nullified_by.get(entity_id):
            return True
        # A chain of nullified nullifications can exceed the recursion limit, hence the stack.
        stack = [self._candidate_nullifiers(entity_id)]
        while True:
            nullifier = next(stack[-1], None)
            if nullifier is not None:
                stack.append(self._candidate_nullifiers(nullifier))
            elif len(stack) == 1:
                return True
            else:  # The last entity is active, so the entity that it nullifies is not.
                del stack[-2:]
                if not stack:
                    return False

    def _candidate_nullifiers(self, entity_id: str) -> Iterator[str]:
        """Yield the retractions and merges that nullify the entity if they are active.

        Merges apply to cases only.  A merge that is part of a cycle is left out, so that no case
        is lost: a cycle can form when the retraction of a merge is itself retracted.
        """
        entity = self.by_id.get(entity_id)
        is_case = entity is None or isinstance(entity.body, AdverseEvent)
        for nullifier in self.nullified_by.get(entity_id, ()):
            body = self.by_id[nullifier].body
            if not isinstance(body, Merge) or (
                is_case and not self._is_merge_cycle(nullifier, body)
            ):
                yield nullifier

    def _is_merge_cycle(self, merge_id: str, body: Merge) -> bool:
        """Whether other active merges lead from the survivor of the merge to its duplicate."""
        if self.cycles is not None:
            cycle = self.cycles.get(body.survivor)
            return cycle is not None and cycle == self.cycles.get(body.duplicate)
        return self._merges_lead_to(
            body.survivor, body.duplicate, self.nullified_by, excluded=merge_id
        )

    def surviving_subject(self, subject: str) -> str:
        """Return the subject under which records of *subject* count after all active merges."""
        if subject in self.survivors:
            return self.survivors[subject]
        path = {subject: 0}  # Each name with its place.
        last = subject
        while (survivor := self._next_survivor(last)) is not None:
            last = survivor
            if last in self.survivors or last in path:
                break
            path[last] = len(path)
        end = self.survivors.get(last, last)
        # Where the path leads back into itself, each subject of the cycle counts under its name.
        cycle_start = path[last] if survivor in path else len(path)
        for name, place in path.items():
            self.survivors[name] = name if place >= cycle_start else end
        return self.survivors[subject]

    def _next_survivor(self, subject: str) -> str | None:
        """Return the survivor of the subject's first active merge, or None."""
        for name in sorted(self.merged_by.get(subject, ())):
            if self.is_active(name):
                body = self.by_id[name].body
                assert isinstance(body, Merge)
                return body.survivor
        return None

    def would_close_cycle(self, entity_id: str, body: Retraction | Merge) -> bool:
        """Whether *body* would close a cycle of merges or of nullifications."""
        if isinstance(body, Merge):
            references = self.merged_by if is_subject_merge(body) else self.nullified_by
            if self._merges_lead_to(body.survivor, body.duplicate, references, excluded=entity_id):
                return True
            if is_subject_merge(body):
                return False
        target = target_of(body)
        return target == entity_id or target in set(self._transitive_nullifiers(entity_id))

    def _merges_lead_to(
        self, start: str, goal: str, references: dict[str, set[str]], *, excluded: str
    ) -> bool:
        """Whether active merges lead from *start* to *goal*, each from duplicate to survivor.

        The merge *excluded* is ignored, because the record at hand replaces it.
        """
        pending, seen = [start], {start}
        while pending:
            name = pending.pop()
            if name == goal:
                return True
            for merge in references.get(name, ()):
                body = self.by_id[merge].body
                if merge == excluded or not isinstance(body, Merge) or not self.is_active(merge):
                    continue
                if body.survivor not in seen:
                    seen.add(body.survivor)
                    pending.append(body.survivor)
        return False

    def _transitive_nullifiers(self, entity_id: str) -> Iterator[str]:
        """Yield the entities that nullify *entity_id* directly or through others."""
        pending, seen = [entity_id], {entity_id}
        while pending:
            for nullifier in sorted(self.nullified_by.get(pending.pop(), ())):
                if nullifier not in seen:
                    seen.add(nullifier)
                    pending.append(nullifier)
                    yield nullifier


def target_of(body: Retraction | Merge) -> str:
    """Return the id of the entity that *body* nullifies, or the duplicate subject's name."""
    return body.target if isinstance(body, Retraction) else body.duplicate


def is_subject_merge(body: Retraction | Merge) -> bool:
    """Whether *body* merges subjects, which renames; all others nullify their target."""
    return isinstance(body, Merge) and body.what == "subject"
