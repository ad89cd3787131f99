"""The rate tables: what has been counted, by period, treatment and term."""

from __future__ import annotations

from dataclasses import dataclass

COUNTED: dict[int, int] = {}
"""The counts that occur, each held once: few subjects differ in how often they had a term."""

# One integer a subject holds three counts of at most a million: events, serious, related.
SERIOUS = 1 << 20
RELATED = 1 << 40
MASK = SERIOUS - 1


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

    def add(self, mine: dict[int, int], term: int, weight: int, versions: int) -> None:
        """Count one case of the subject whose counts of the table, by term, are *mine*.

        *weight* is ``weight_of(case)``, negated to take the case back.  Counts never fall below
        zero: that would be a change applied twice.
        """
        before = mine.get(term, 0)
        after = before + weight
        assert after >= 0, "a case is taken back twice"
        if after:
            mine[term] = after if after < SERIOUS else COUNTED.setdefault(after, after)
        else:
            del mine[term]
        self.versions += versions
        if not before:
            self.subjects += 1
        elif not after:
            self.subjects -= 1
        if weight == 1:
            self.events += 1
        elif weight == -1:
            self.events -= 1
        else:
            sign = 1 if weight > 0 else -1
            self.events += sign
            self._add_kinds(abs(weight), sign, before, after)

    def _add_kinds(self, weight: int, sign: int, before: int, after: int) -> None:
        if weight >> 20 & MASK:
            self.serious_events += sign
            self.serious_subjects += (after >> 20 & MASK > 0) - (before >> 20 & MASK > 0)
        if weight >> 40:
            self.related_events += sign
            self.related_subjects += (after >> 40 > 0) - (before >> 40 > 0)


def weight_of(*, serious: bool, related: bool) -> int:
    """One case as an addend to its subject's counts; one of four integers, shared by all."""
    return WEIGHTS[serious][related]


WEIGHTS = ((1, 1 + RELATED), (1 + SERIOUS, 1 + SERIOUS + RELATED))
