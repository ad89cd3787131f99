"""The rate tables: what has been counted, by period, treatment and term."""

from __future__ import annotations

from dataclasses import dataclass

INTERNED_COUNTS: dict[int, int] = {}
"""The counts that occur, each held once: few subjects differ in how often they had a term."""

# One integer a subject holds three counts of at most a million: events, serious, related.
SERIOUS_UNIT = 1 << 20
RELATED_UNIT = 1 << 40
COUNT_MASK = SERIOUS_UNIT - 1


@dataclass(slots=True)
class Cell:
    """Counts of one term on one treatment in one period; subjects are counted once each."""

    subjects: int = 0
    events: int = 0
    versions: int = 0
    serious_subjects: int = 0
    serious_events: int = 0
    related_subjects: int = 0
    related_events: int = 0

    def add(self, subject_counts: dict[int, int], term: int, increment: int, versions: int) -> None:
        """Count one case of the subject whose counts of the table, by term, are *mine*.

        *weight* is ``weight_of(case)``, negated to take the case back.  Counts never fall below
        zero: that would be a change applied twice.
        """
        before = subject_counts.get(term, 0)
        after = before + increment
        assert after >= 0, "a case is taken back twice"
        if after:
            subject_counts[term] = (
                after if after < SERIOUS_UNIT else INTERNED_COUNTS.setdefault(after, after)
            )
        else:
            del subject_counts[term]
        self.versions += versions
        if not before:
            self.subjects += 1
        elif not after:
            self.subjects -= 1
        if increment == 1:
            self.events += 1
        elif increment == -1:
            self.events -= 1
        else:
            sign = 1 if increment > 0 else -1
            self.events += sign
            self._add_serious_and_related(abs(increment), sign, before, after)

    def _add_serious_and_related(self, increment: int, sign: int, before: int, after: int) -> None:
        if increment >> 20 & COUNT_MASK:
            self.serious_events += sign
            self.serious_subjects += (after >> 20 & COUNT_MASK > 0) - (
                before >> 20 & COUNT_MASK > 0
            )
        if increment >> 40:
            self.related_events += sign
            self.related_subjects += (after >> 40 > 0) - (before >> 40 > 0)


def count_increment(*, serious: bool, related: bool) -> int:
    """One case as an addend to its subject's counts; one of four integers, shared by all."""
    return INCREMENTS[serious][related]


INCREMENTS = ((1, 1 + RELATED_UNIT), (1 + SERIOUS_UNIT, 1 + SERIOUS_UNIT + RELATED_UNIT))
