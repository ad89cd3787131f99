"""The CTCAE grade of a case, from its severity or its death."""

from __future__ import annotations

from monitor.records import AdverseEvent, Criterion, Outcome, Severity

GRADES = {severity: grade for grade, severity in enumerate(Severity, 1)}
"""CTCAE grade of each severity, from 1 to 5."""


def grade_of(case: AdverseEvent) -> int:
    """Return the grade of *case*, from 1 to 5, or 0 where its severity is not known.

    A case with a fatal outcome or the criterion death has grade 5, whatever severity it states.
    """
    if case.outcome is Outcome.FATAL or Criterion.DEATH in case.criteria:
        return GRADES[Severity.FATAL]
    return 0 if case.severity is None else GRADES[case.severity]
