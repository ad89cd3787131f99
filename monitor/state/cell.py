"""Cells of the rate tables: counts by period, treatment and term."""

from __future__ import annotations

from dataclasses import dataclass

INTERNED_COUNTS: dict[int, int] = {}
"""Shares one integer object per distinct count, because few distinct counts occur."""

# One integer a subject packs three counts of 20 bits each: events, serious, related.
SERIOUS_UNIT = 1 << 20
RELATED_UNIT = 1 << 40
COUNT_MASK = SERIOUS_UNIT - 1


@dataclass(slots=True)
class Cell:
    """Counts of one term on one treatment in one period.

    *subjects*, *serious_subjects* and *related_subjects* count each subject once.  *versions*
    counts the accepted versions of the counted cases.
    """

    subjects: int = 0
    events: int = 0
    versions: int = 0
    serious_subjects: int = 0
    serious_events: int = 0
    related_subjects: int = 0
    related_events: int = 0

    def add(self, subject_counts: dict[int, int], term: int, increment: int, versions: int) -> None:
        """Add one case of a subject, or remove it where *increment* is negative.

        *subject_counts* holds the subject's packed counts in this table by term number, and is
        updated.  *increment* is a value of ``count_increment``, negated to remove the case, and
        *versions* has the same sign.  Counts never fall below zero (asserted): that would be a
        case removed twice.
        """
        before = subject_counts.get(term, 0)
        after = before + increment
        assert after >= 0, "a case is removed twice"
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

    def add_alike(
        self,
        subject_counts: dict[int, int],
        term: int,
        increment: int,
        *,
        cases: int,
        versions: int,
    ) -> None:
        """Add *cases* of a subject with one *increment*, or remove them where *cases* is negative.

        *increment* is a value of ``count_increment``; the result is that of ``add`` for each case.
        """
        before = subject_counts.get(term, 0)
        after = before + cases * increment
        assert after >= 0, "a case is removed twice"
        if after:
            subject_counts[term] = INTERNED_COUNTS.setdefault(after, after)
        elif before:
            del subject_counts[term]
        self.versions += versions
        self.events += cases
        self.subjects += (after > 0) - (before > 0)
        if increment >> 20 & COUNT_MASK:
            self.serious_events += cases
            self.serious_subjects += (after >> 20 & COUNT_MASK > 0) - (
                before >> 20 & COUNT_MASK > 0
            )
        if increment >> 40:
            self.related_events += cases
            self.related_subjects += (after >> 40 > 0) - (before >> 40 > 0)

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
    """Return the packed counts of one case: one of four shared integers."""
    return INCREMENTS[serious][related]


INCREMENTS = ((1, 1 + RELATED_UNIT), (1 + SERIOUS_UNIT, 1 + SERIOUS_UNIT + RELATED_UNIT))
