"""What a record says, once the edge has checked it: frozen values, no clock, no network.

Days are proleptic Gregorian ordinals (``date.toordinal``), instants are whole seconds since
1970-01-01 UTC.  An interval is ``[start, end)``: its end is the first day outside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

SECONDS_PER_DAY = 86_400
EPOCH_DAY = 719_163
"""``date(1970, 1, 1).toordinal()``."""


def day_of(instant: int) -> int:
    """The UTC calendar day that holds *instant*.

    >>> day_of(0) == EPOCH_DAY
    True
    """
    return instant // SECONDS_PER_DAY + EPOCH_DAY


class PartialDate(NamedTuple):
    """A year, or a year and a month: all that the site knew."""

    year: int
    month: int | None


class Criterion(StrEnum):
    """Why an event is serious (ICH E2A, II.B)."""

    DEATH = "death"
    LIFE_THREATENING = "life_threatening"
    HOSPITALISATION = "hospitalisation"
    DISABILITY = "disability"
    CONGENITAL_ANOMALY = "congenital_anomaly"
    MEDICALLY_IMPORTANT = "medically_important"


class Severity(StrEnum):
    """Intensity; CTCAE grades 1 to 5 in their order."""

    MILD = "mild"
    MODERATE = "moderate"
    SEVERE = "severe"
    LIFE_THREATENING = "life_threatening"
    FATAL = "fatal"


class Relatedness(StrEnum):
    """The investigator's opinion of causality."""

    NOT_RELATED = "not_related"
    UNLIKELY = "unlikely"
    POSSIBLE = "possible"
    PROBABLE = "probable"
    DEFINITE = "definite"


RELATED = frozenset({Relatedness.POSSIBLE, Relatedness.PROBABLE, Relatedness.DEFINITE})
"""What counts as related, unless the plan says otherwise (ProDERM table 1, footnote c)."""


class Outcome(StrEnum):
    """ICH E2B(R3) E.i.7."""

    RECOVERED = "recovered"
    RECOVERING = "recovering"
    NOT_RECOVERED = "not_recovered"
    RECOVERED_WITH_SEQUELAE = "recovered_with_sequelae"
    FATAL = "fatal"
    UNKNOWN = "unknown"


class ActionTaken(StrEnum):
    """ICH E2B(R3) G.k.8."""

    DRUG_WITHDRAWN = "drug_withdrawn"
    DOSE_REDUCED = "dose_reduced"
    DOSE_INCREASED = "dose_increased"
    DOSE_NOT_CHANGED = "dose_not_changed"
    DRUG_INTERRUPTED = "drug_interrupted"
    NOT_APPLICABLE = "not_applicable"
    UNKNOWN = "unknown"


class Adjudication(StrEnum):
    """A committee's answer to whether a case belongs to a named group."""

    YES = "yes"
    NO = "no"
    PENDING = "pending"


class Status(StrEnum):
    """How a subject left a period, or the study."""

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
    """A plan version takes effect from here on, for all data."""

    toml: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A subject was screened (no treatment) or randomised to *randomised_treatment*."""

    subject: str
    site: str | None = None
    randomised_treatment: str | None = None
    stratum: str | None = None
    date: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """A subject received *treatment* on days ``[start, end)``; *end* is None while it lasts."""

    subject: str
    treatment: str
    period: str
    start: int
    end: int | None = None
    end_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dose:
    """One administration, which may take days: *first_date* to *last_date*, both inclusive."""

    subject: str
    cycle: int | None = None
    first_date: int
    last_date: int
    amount: float | None = None
    unit: str | None = None
    rate: float | None = None
    batch: str | None = None


class AdverseEvent(NamedTuple):
    """One case as its source now tells it.  *onset* None is an unknown date.

    What the site wrote stays in the log: no count depends on it, and it may name a person.
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
    """A subject left *period* (the study, where None); *date* is the last day of follow-up."""

    subject: str
    status: Status
    date: int
    period: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """A term is collected from *start* on: before it, "none seen" means "not asked"."""

    kind: TermKind
    term: str
    start: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """One efficacy score.  For the benefit-risk panel; nothing of it reaches a watch."""

    subject: str
    instrument: str
    visit: str
    value: float
    date: int | None = None
    imputed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Retraction:
    """The thing called *target* (``system/id``) is void, whatever its version."""

    target: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """Two cases (``system/id``) or two subjects are one: *duplicate* counts under *survivor*."""

    what: str
    duplicate: str
    survivor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A board member's move on an alert, and what that member had on the screen.

    *key* names the key whose signature was checked; None where nobody checked one.
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
    """Nothing more happened up to and including *date*."""

    date: int


Body = (
    PlanRecord
    | Subject
    | Treatment
    | Dose
    | AdverseEvent
    | Disposition
    | Collection
    | Assessment
    | Retraction
    | Merge
    | Review
    | Tick
)


class SignedContent(NamedTuple):
    """What is signed of a record, and its signatures: name of the key, signature in base64."""

    content: bytes
    signatures: tuple[tuple[str, str], ...]


class Record(NamedTuple):
    """A statement about a *thing* (``system/id`` of its source) at a version.

    *digest* names the content: two records of one thing and version with one digest are one.
    A plan or a review has a *seal*, which the edge checks and the core never looks at.
    """

    study: str
    entity_id: str
    version: int
    known_at: int
    digest: int
    body: Body
    signed_content: SignedContent | None = None
