"""Record types of the core: frozen values that the edge has already checked.

Days are proleptic Gregorian ordinals (``date.toordinal``).  Instants are whole seconds since
1970-01-01 UTC.  An interval is ``[start, end)``: its end is the first day outside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from monitor.record_parts import PartialDate, SignedContent

SECONDS_PER_DAY = 86_400
EPOCH_DAY = 719_163
"""``date(1970, 1, 1).toordinal()``."""


def day_of(instant: int) -> int:
    """Return the UTC calendar day of *instant* (seconds since 1970-01-01) as an ordinal.

    >>> day_of(0) == EPOCH_DAY
    True
    """
    return instant // SECONDS_PER_DAY + EPOCH_DAY


class Criterion(StrEnum):
    """Seriousness criteria (ICH E2A, II.B)."""

    DEATH = "death"
    LIFE_THREATENING = "life_threatening"
    HOSPITALISATION = "hospitalisation"
    DISABILITY = "disability"
    CONGENITAL_ANOMALY = "congenital_anomaly"
    MEDICALLY_IMPORTANT = "medically_important"


class Severity(StrEnum):
    """Intensity of an event: CTCAE grades 1 to 5, in order."""

    MILD = "mild"
    MODERATE = "moderate"
    SEVERE = "severe"
    LIFE_THREATENING = "life_threatening"
    FATAL = "fatal"


class Relatedness(StrEnum):
    """The investigator's assessment of causality."""

    NOT_RELATED = "not_related"
    UNLIKELY = "unlikely"
    POSSIBLE = "possible"
    PROBABLE = "probable"
    DEFINITE = "definite"


RELATED = frozenset({Relatedness.POSSIBLE, Relatedness.PROBABLE, Relatedness.DEFINITE})
"""Assessments that count as related (ProDERM table 1, footnote c)."""


class Outcome(StrEnum):
    """Outcome of an event (ICH E2B(R3) E.i.7)."""

    RECOVERED = "recovered"
    RECOVERING = "recovering"
    NOT_RECOVERED = "not_recovered"
    RECOVERED_WITH_SEQUELAE = "recovered_with_sequelae"
    FATAL = "fatal"
    UNKNOWN = "unknown"


class ActionTaken(StrEnum):
    """Action taken with the study drug (ICH E2B(R3) G.k.8)."""

    DRUG_WITHDRAWN = "drug_withdrawn"
    DOSE_REDUCED = "dose_reduced"
    DOSE_INCREASED = "dose_increased"
    DOSE_NOT_CHANGED = "dose_not_changed"
    DRUG_INTERRUPTED = "drug_interrupted"
    NOT_APPLICABLE = "not_applicable"
    UNKNOWN = "unknown"


class Adjudication(StrEnum):
    """A committee's decision whether a case belongs to a named group."""

    YES = "yes"
    NO = "no"
    PENDING = "pending"


class Status(StrEnum):
    """How a subject's follow-up in a period or the study ended."""

    COMPLETED = "completed"
    WITHDREW = "withdrew"
    LOST = "lost"
    DIED = "died"
    ADVERSE_EVENT = "adverse_event"
    LACK_OF_EFFICACY = "lack_of_efficacy"
    OTHER = "other"


class TermKind(StrEnum):
    """The levels at which events are counted."""

    PREFERRED_TERM = "preferred_term"
    SYSTEM_ORGAN_CLASS = "system_organ_class"
    GROUP = "group"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class PlanRecord:
    """A plan version takes effect for all data, earlier data included."""

    toml: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A subject is screened, or randomised to *randomised_treatment* where that is given."""

    subject: str
    site: str | None = None
    randomised_treatment: str | None = None
    stratum: str | None = None
    date: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """A subject receives *treatment* on days ``[start, end)``; *end* is None if ongoing."""

    subject: str
    treatment: str
    period: str
    start: int
    end: int | None = None
    end_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dose:
    """One administration, from day *first_date* to day *last_date*, both inclusive."""

    subject: str
    cycle: int | None = None
    first_date: int
    last_date: int
    amount: float | None = None
    unit: str | None = None
    rate: float | None = None
    batch: str | None = None


class AdverseEvent(NamedTuple):
    """One version of a case.  *onset* is None where the date is unknown.

    Verbatim text stays in the log: no count depends on it, and it may name a person.
    """

    subject: str
    preferred_term: str
    system_organ_class: str
    label_group: str | None = None
    onset: int | PartialDate | None = None
    end: int | PartialDate | None = None
    serious: bool = False
    criteria: tuple[Criterion, ...] = ()
    severity: Severity | None = None
    relatedness: Relatedness | None = None
    outcome: Outcome | None = None
    action_taken: ActionTaken | None = None
    adjudications: tuple[tuple[str, Adjudication], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Disposition:
    """A subject left *period*, or the study where None; *date* is the last day of follow-up."""

    subject: str
    status: Status
    date: int
    period: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """A term is collected from day *start* on; earlier, no case does not mean no event."""

    kind: TermKind
    term: str
    start: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAtRisk:
    """A subject is not at risk of a term from day *start* to day *last_date*, both inclusive.

    *term* is None where *kind* is ``ANY``: of no event at all.  *last_date* is None without end.
    """

    subject: str
    kind: TermKind
    term: str | None = None
    start: int
    last_date: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """One efficacy score, for the benefit-risk panel only; no watch uses it."""

    subject: str
    instrument: str
    visit: str
    value: float
    date: int | None = None
    imputed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Retraction:
    """Nullifies all versions of the entity *target* (``system/id``)."""

    target: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """Merges two cases (``system/id``) or two subjects: *duplicate* counts under *survivor*."""

    what: str
    duplicate: str
    survivor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A board member's move on an alert; *shown* is the digest of what the member saw.

    *key* names the key whose signature was verified; None where none was verified.
    """

    alert: str
    revision: int
    move: str
    shown: str
    member: str
    reason: str
    meaning: str
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Tick:
    """Advances the as-of date: nothing further is known up to and including day *date*."""

    date: int


Body = (
    PlanRecord
    | Subject
    | Treatment
    | Dose
    | AdverseEvent
    | Disposition
    | Collection
    | NotAtRisk
    | Assessment
    | Retraction
    | Merge
    | Review
    | Tick
)


class Record(NamedTuple):
    """One version of the entity *entity_id* (``system/id`` of its source).

    *digest* identifies the content: records that agree in entity, version and digest are
    duplicates.  Plans and reviews have *signed_content*, which the edge verifies; the core does
    not read it.  *left_out* names the invalid fields that the record counts without.
    """

    study: str
    entity_id: str
    version: int
    known_at: int
    digest: int
    body: Body
    signed_content: SignedContent | None = None
    left_out: tuple[str, ...] = ()
