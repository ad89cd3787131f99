"""What a view is computed from: a study, how complete it is, and its evidence over time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from monitor.records import AdverseEvent
from monitor.state.study import Study


@dataclass(frozen=True, slots=True, kw_only=True)
class Completeness:
    """What a view is complete to; every answer of the board carries it.

    *position* is the number of records of the log before the next one to fold, *known_at* the
    latest known-at time of the study's records, both as the follower has folded them.
    *store_agrees* is None where the store has not been compared.  *end* is the end of the log.
    *not_included* counts records that were refused or conflict, *unallocated* those of subjects
    without allocation or treatment; each is None where it is not counted.
    """

    study: str
    as_of: str | None
    position: int
    end: int
    known_at: str | None
    plan_sha256: str
    digest: str
    store_agrees: bool | None = None
    title: str = ""
    not_included: int | None = None
    unallocated: int | None = None


class EvidencePoint(NamedTuple):
    """The evidence of a watch from a record or day on; *log_e* is a natural logarithm.

    *day* is an ordinal day: the as-of date at that record, or the onset horizon.  *position* is
    the offset of the record, -1 on the clock of occurrence.
    """

    day: int
    position: int
    log_e: float


Trajectory = Sequence[EvidencePoint]
"""The evidence of a watch over time; each point holds until the next."""


class CaseVersion(NamedTuple):
    """One accepted version of a case, as it was when it was folded.

    *known_at* is in seconds since 1970-01-01 UTC, *position* the offset of its record.  *terms* are
    the numbers of the terms under which it counted then, none where it did not count.
    """

    version: int
    known_at: int
    position: int
    body: AdverseEvent
    terms: tuple[int, ...]


def _no_trajectory(watch_id: str) -> Trajectory:
    return ()


def _no_baseline() -> Study | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyFacts:
    """A study as the follower has it.

    *known* has the evidence of each tier 1 and tier 3 watch by id, evaluated while folding.
    *occurred* computes the evidence of a watch by what is known today, by onset day.
    *case_versions* has the versions of each case by its id, in the order of the log.
    *baseline* returns the study as it was when the board last decided, None where it never did;
    *baseline_day* is the ordinal day of that decision.
    """

    study: Study
    completeness: Completeness
    known: Mapping[str, Trajectory] = field(default_factory=dict[str, Trajectory])
    occurred: Callable[[str], Trajectory] = _no_trajectory
    case_versions: Mapping[str, Sequence[CaseVersion]] = field(
        default_factory=dict[str, Sequence[CaseVersion]]
    )
    baseline: Callable[[], Study | None] = _no_baseline
    baseline_day: int | None = None
