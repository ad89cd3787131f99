"""A single-case rule as the plan states it: one case pages, whatever the statistics say."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from monitor.events import RELATED, AdverseEvent, Criterion, Outcome, Severity
from monitor.terms import Group


class When(StrEnum):
    """What a case must be for its rule to ring."""

    FATAL = "fatal"
    LIFE_THREATENING_AND_RELATED = "life_threatening_and_related"
    GROUP = "group"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule; *group* is the plan's, where it rings for any case of one.

    Unless its cases are *expected* (the reference safety information lists them), they are due
    to the authorities within the receipt clocks.
    """

    name: str
    when: When
    group: Group | None = None
    expected: bool = False


def is_fatal(case: AdverseEvent) -> bool:
    """Whether the event ended in death, in whichever field the source says so.

    Grade 5 of CTCAE is "death related to adverse event": no other severity is an outcome.
    """
    return (
        case.outcome is Outcome.FATAL
        or case.severity is Severity.FATAL
        or Criterion.DEATH in case.criteria
    )


def is_life_threatening(case: AdverseEvent) -> bool:
    """Whether the subject was at risk of death at the time of the event.

    The criterion, not the severity: ICH E2A (II.B) asks for an event that threatened a life,
    which a laboratory value of grade 4 need not have done.
    """
    return Criterion.LIFE_THREATENING in case.criteria


def is_suspected(case: AdverseEvent) -> bool:
    """Whether a causal relation cannot be ruled out; until somebody has judged it, it cannot."""
    return case.relatedness is None or case.relatedness in RELATED
