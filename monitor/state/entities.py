"""Which statement about each thing holds: versions, retractions and merges."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from monitor.errors import Reason, Refusal
from monitor.records import AdverseEvent, Body, Merge, Record, Retraction


class Outcome(StrEnum):
    """What became of a record; each record has exactly one."""

    FOLDED = "folded"
    DUPLICATE = "duplicate"
    STALE = "stale"
    CONFLICT = "conflict"
    REFUSED = "refused"
    UNALLOCATED = "unallocated"


class Place(NamedTuple):
    """Where a case counts.  Two statements with one place differ in nothing that is counted."""

    period: int
    treatment: int
    onset: int
    weight: int
    terms: tuple[int, ...]


@dataclass(slots=True)
class Thing:
    """A thing as its latest accepted record tells it; *versions* counts those accepted.

    A case that is in the tables is there at its place with *counted* versions.  *foretold* says
    that its onset is later than the day on which it was known.
    """

    version: int
    digest: int
    versions: int
    body: Body
    counted: int = 0
    foretold: bool = False
    period: int = 0
    treatment: int = 0
    onset: int = 0
    weight: int = 0
    terms: tuple[int, ...] = ()

    @property
    def place(self) -> Place | None:
        """Where the case is counted, if it is; kept in parts, which most cases share."""
        if not self.counted:
            return None
        return Place(self.period, self.treatment, self.onset, self.weight, self.terms)

    def count_at(self, place: Place | None) -> None:
        """Note that all versions are counted at *place*, or that none is counted."""
        self.counted = 0 if place is None else self.versions
        if place is not None:
            self.period, self.treatment, self.onset, self.weight, self.terms = place


@dataclass(slots=True)
class Ledger:
    """Every thing of a study, and which retractions and merges name it."""

    things: dict[str, Thing] = field(default_factory=dict[str, Thing])
    voiders: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    aliases: dict[str, set[str]] = field(default_factory=dict[str, set[str]])

    def weigh(self, record: Record) -> Outcome | Refusal:
        """What the record's version makes of it, before anything else is looked at."""
        held = self.things.get(record.thing)
        if held is None:
            return Outcome.FOLDED
        if record.version < held.version:
            return Outcome.STALE
        if record.version == held.version:
            return Outcome.DUPLICATE if record.digest == held.digest else Outcome.CONFLICT
        if type(held.body) is not type(record.body):
            return Refusal(
                Reason.TYPE_CHANGED, "The record's type differs from its earlier version."
            )
        return Outcome.FOLDED

    def enter(self, record: Record) -> Thing:
        """Hold *record* as the latest of its thing."""
        held = self.things.get(record.thing)
        if held is None:
            held = Thing(record.version, record.digest, 1, record.body)
            self.things[record.thing] = held
        else:
            held.version, held.digest, held.body = record.version, record.digest, record.body
            held.versions += 1
        return held

    def point(self, thing: str, body: Retraction | Merge) -> None:
        """Note that *thing* points at its target; said a second time, it no longer does."""
        where = self.aliases if points_at_subject(body) else self.voiders
        where.setdefault(target_of(body), set()).symmetric_difference_update({thing})

    def live(self, thing: str) -> bool:
        """Whether no retraction or merge that itself holds has voided *thing*."""
        if not self.voiders.get(thing):
            return True
        # Voided, restored, voided again: a chain of these may be longer than calls can be deep.
        asked = [self._meant_for(thing)]
        while True:
            voider = next(asked[-1], None)
            if voider is not None:
                asked.append(self._meant_for(voider))
            elif len(asked) == 1:
                return True
            else:  # Nothing voids the last: it holds, and what it voids does not.
                del asked[-2:]
                if not asked:
                    return False

    def _meant_for(self, thing: str) -> Iterator[str]:
        """All that would void *thing* if it holds: two cases are merged, nothing else.

        Cases that are merged in a circle, because what voided one of the merges was taken back,
        count each by itself: a case must not be lost.
        """
        held = self.things.get(thing)
        is_case = held is None or isinstance(held.body, AdverseEvent)
        for voider in self.voiders.get(thing, ()):
            body = self.things[voider].body
            if not isinstance(body, Merge) or (is_case and not self._circles(voider, body)):
                yield voider

    def _circles(self, thing: str, body: Merge) -> bool:
        """Whether the survivor of the merge *thing* is merged, by others, into its duplicate."""
        return self._reaches(body.survivor, body.duplicate, self.voiders, but=thing)

    def survivor(self, subject: str) -> str:
        """The subject under which *subject*'s records count."""
        seen = {subject}
        while merges := [name for name in sorted(self.aliases.get(subject, ())) if self.live(name)]:
            body = self.things[merges[0]].body
            assert isinstance(body, Merge)
            subject = body.survivor
            if subject in seen:
                break
            seen.add(subject)
        return subject

    def closes_cycle(self, thing: str, body: Retraction | Merge) -> bool:
        """Whether *body* would make two things void, or survive, each other."""
        if isinstance(body, Merge):
            pointers = self.aliases if points_at_subject(body) else self.voiders
            if self._reaches(body.survivor, body.duplicate, pointers, but=thing):
                return True
            if points_at_subject(body):
                return False
        target = target_of(body)
        return target == thing or target in set(self._voiders_of(thing))

    def _reaches(self, start: str, goal: str, pointers: dict[str, set[str]], *, but: str) -> bool:
        """Whether the merges that hold lead, from duplicate to survivor, from *start* to *goal*.

        What the merge called *but* said until now does not count: it is about to say otherwise.
        """
        waiting, seen = [start], {start}
        while waiting:
            name = waiting.pop()
            if name == goal:
                return True
            for merge in pointers.get(name, ()):
                body = self.things[merge].body
                if merge == but or not isinstance(body, Merge) or not self.live(merge):
                    continue
                if body.survivor not in seen:
                    seen.add(body.survivor)
                    waiting.append(body.survivor)
        return False

    def _voiders_of(self, thing: str) -> Iterator[str]:
        """All that voids *thing*, or voids what does, and so on."""
        waiting, seen = [thing], {thing}
        while waiting:
            for voider in sorted(self.voiders.get(waiting.pop(), ())):
                if voider not in seen:
                    seen.add(voider)
                    waiting.append(voider)
                    yield voider


def target_of(body: Retraction | Merge) -> str:
    """The thing that *body* voids."""
    return body.target if isinstance(body, Retraction) else body.duplicate


def points_at_subject(body: Retraction | Merge) -> bool:
    """A merge of subjects renames; everything else voids."""
    return isinstance(body, Merge) and body.what == "subject"
