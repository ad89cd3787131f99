"""The counts of one adverse event term on two arms, and their likelihood on the logit scale."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from monitor.stats.e_value import Floats
from monitor.stats.estimate import checked_proportion

EMPTY = "terms is (): give the counts of one term or more"


class TermCounts(NamedTuple):
    """Patients with an event and all patients on both arms, for a term of an organ class."""

    organ_class: Hashable
    events: int
    patients: int
    control_events: int
    control_patients: int


@dataclass(frozen=True, slots=True)
class Arm:
    """Patients with an event and all patients of one arm, one entry a term."""

    events: Floats
    patients: Floats

    def log_likelihood(self, logit: Floats) -> Floats:
        """Return the binomial log-likelihood at the risks with these logits."""
        return self.events * logit - self.patients * np.logaddexp(0.0, logit)

    def logit(self) -> Floats:
        """Return the observed logits, with half an event added on either side."""
        return np.log((self.events + 0.5) / (self.patients - self.events + 0.5))

    def variance(self) -> Floats:
        """Return the variances of the observed logits."""
        return 1.0 / (self.events + 0.5) + 1.0 / (self.patients - self.events + 0.5)


def arms_of(terms: Sequence[TermCounts]) -> tuple[Arm, Arm]:
    """Return the treatment arm and the control arm of *terms*.

    Raises ValueError where there are no terms, or where a count of one is out of range.

    >>> treated, control = arms_of([TermCounts("skin", 3, 10, 1, 9)])
    >>> treated.patients.tolist(), control.events.tolist()
    ([10.0], [1.0])
    """
    if not terms:
        raise ValueError(EMPTY)
    treated = [checked_proportion(term.events, term.patients) for term in terms]
    control = [checked_proportion(term.control_events, term.control_patients) for term in terms]
    return _arm(treated), _arm(control)


def _arm(counts: list[tuple[int, int]]) -> Arm:
    events, patients = np.array(counts, dtype=np.float64).T
    return Arm(events, patients)


def membership_of(terms: Sequence[TermCounts]) -> Floats:
    """Return 1 where a term (row) is in an organ class (column, in order of appearance), else 0.

    >>> membership_of([TermCounts("skin", 0, 1, 0, 1), TermCounts("eye", 0, 1, 0, 1)]).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    if not terms:
        raise ValueError(EMPTY)
    columns = {name: column for column, name in enumerate(dict.fromkeys(t[0] for t in terms))}
    membership = np.zeros((len(terms), len(columns)))
    for row, term in enumerate(terms):
        membership[row, columns[term.organ_class]] = 1.0
    return membership
