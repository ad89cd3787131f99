"""Which statement about each thing holds: versions, retractions and merges."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from monitor.errors import Reason, Refusal
from monitor.records import AdverseEvent, Body, Merge, Record, Retraction


class RecordOutcome(StrEnum):
    """What became of a record; each record has exactly one."""

    FOLDED = "folded"
    DUPLICATE = "duplicate"
    STALE = "stale"
    CONFLICT = "conflict"
    REFUSED = "refused"
    UNALLOCATED = "unallocated"


class Contribution(NamedTuple):
    """Where a case counts.  Two statements with one place differ in nothing that is counted."""

    period: int
    treatment: int
    onset: int
    increment: int
    terms: tuple[int, ...]


@dataclass(slots=True)
class Entity:
    """A thing as its latest accepted record tells it; *versions* counts those accepted.

    A case that is in the tables is there at its place with *counted* versions.  *foretold* says
    that its onset is later than the day on which it was known.
    """

    version: int
    digest: int
    versions: int
    body: Body
    counted_versions: int = 0
    onset_after_known: bool = False
    period: int = 0
    treatment: int = 0
    onset: int = 0
    increment: int = 0
    terms: tuple[int, ...] = ()

    @property
    def contribution(self) -> Contribution | None:
        """Where the case is counted, if it is; kept in parts, which most cases share."""
        if not self.counted_versions:
            return None
        return Contribution(self.period, self.treatment, self.onset, self.increment, self.terms)

    def set_contribution(self, contribution: Contribution | None) -> None:
        """Note that all versions are counted at *place*, or that none is counted."""
        self.counted_versions = 0 if contribution is None else self.versions
        if contribution is not None:
            self.period, self.treatment, self.onset, self.increment, self.terms = contribution


@dataclass(slots=True)
class Entities:
    """Every thing of a study, and which retractions and merges name it."""

    by_id: dict[str, Entity] = field(default_factory=dict[str, Entity])
    nullified_by: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    merged_by: dict[str, set[str]] = field(default_factory=dict[str, set[str]])

    def classify_version(self, record: Record) -> RecordOutcome | Refusal:
        """What the record's version makes of it, before anything else is looked at."""
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
        """Hold *record* as the latest of its thing."""
        entity = self.by_id.get(record.entity_id)
        if entity is None:
            entity = Entity(record.version, record.digest, 1, record.body)
            self.by_id[record.entity_id] = entity
        else:
            entity.version, entity.digest, entity.body = record.version, record.digest, record.body
            entity.versions += 1
        return entity

    def toggle_reference(self, entity_id: str, body: Retraction | Merge) -> None:
        """Note that *thing* points at its target; said a second time, it no longer does."""
        references = self.merged_by if is_subject_merge(body) else self.nullified_by
        references.setdefault(target_of(body), set()).symmetric_difference_update({entity_id})

    def is_active(self, entity_id: str) -> bool:
        """Whether no retraction or merge that itself holds has voided *thing*."""
        if not self.nullified_by.get(entity_id):
            return True
        # Voided, restored, voided again: a chain of these may be longer than calls can be deep.
        stack = [self._candidate_nullifiers(entity_id)]
        while True:
            nullifier = next(stack[-1], None)
            if nullifier is not None:
                stack.append(self._candidate_nullifiers(nullifier))
            elif len(stack) == 1:
                return True
            else:  # Nothing voids the last: it holds, and what it voids does not.
                del stack[-2:]
                if not stack:
                    return False

    def _candidate_nullifiers(self, entity_id: str) -> Iterator[str]:
        """All that would void *thing* if it holds: two cases are merged, nothing else.

        Cases that are merged in a circle, because what voided one of the merges was taken back,
        count each by itself: a case must not be lost.
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
        """Whether the survivor of the merge *thing* is merged, by others, into its duplicate."""
        return self._merges_lead_to(
            body.survivor, body.duplicate, self.nullified_by, excluded=merge_id
        )

    def surviving_subject(self, subject: str) -> str:
        """The subject under which *subject*'s records count."""
        seen = {subject}
        while merges := [
            name for name in sorted(self.merged_by.get(subject, ())) if self.is_active(name)
        ]:
            body = self.by_id[merges[0]].body
            assert isinstance(body, Merge)
            subject = body.survivor
            if subject in seen:
                break
            seen.add(subject)
        return subject

    def would_close_cycle(self, entity_id: str, body: Retraction | Merge) -> bool:
        """Whether *body* would make two things void, or survive, each other."""
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
        """Whether the merges that hold lead, from duplicate to survivor, from *start* to *goal*.

        What the merge called *but* said until now does not count: it is about to say otherwise.
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
        """All that voids *thing*, or voids what does, and so on."""
        pending, seen = [entity_id], {entity_id}
        while pending:
            for nullifier in sorted(self.nullified_by.get(pending.pop(), ())):
                if nullifier not in seen:
                    seen.add(nullifier)
                    pending.append(nullifier)
                    yield nullifier


def target_of(body: Retraction | Merge) -> str:
    """The thing that *body* voids."""
    return body.target if isinstance(body, Retraction) else body.duplicate


def is_subject_merge(body: Retraction | Merge) -> bool:
    """A merge of subjects renames; everything else voids."""
    return isinstance(body, Merge) and body.what == "subject"
