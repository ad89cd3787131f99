"""The largest numbers of entities that a study and a subject may have."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyLimits:
    """Limits beyond which a record is refused, and the study goes on.

    A correction may recount all cases of a subject, an amendment all of a study, and a row is
    loaded whole: *cases* and *administrations* bound the first, *entities* the others.  *facts* are
    the other records of a subject: its days at risk are built from all of them.
    """

    cases: int = 10_000
    administrations: int = 10_000
    facts: int = 1_000
    entities: int = 1_000_000


LIMITS = StudyLimits()
