"""The wire models: what a record of ``trial.log.v1`` may say, and nothing else.

They check form: names, types, ranges.  ``decode`` checks what one field says of another.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, Strict

from monitor.records import (
    ActionTaken,
    Adjudication,
    Criterion,
    Outcome,
    Relatedness,
    Severity,
    Status,
)

MAJOR, MINOR = 1, 0
"""The schema we write.  A newer minor may add fields, which we ignore, and is never misread."""

ID = r"[A-Za-z0-9_.:-]{1,64}"
IDENTIFIER_PATTERN = f"^{ID}$"
CASE_OR_SUBJECT_PATTERN = f"^{ID}(/{ID})?$"
SCHEMA_PATTERN = rf"^trial\.log/{MAJOR}(\.(0|[1-9][0-9]{{0,3}}))?$"
DAY_PATTERN = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
PARTIAL_PATTERN = "^[0-9]{4}(-(0[1-9]|1[0-2])(-[0-9]{2})?)?$"
INSTANT_PATTERN = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?Z$"  # RFC 3339
)

Identifier = Annotated[str, Field(pattern=IDENTIFIER_PATTERN)]
Day = Annotated[str, Field(pattern=DAY_PATTERN, examples=["2017-03-05"])]
PartialDay = Annotated[str, Field(pattern=PARTIAL_PATTERN, examples=["2017-03", "2017"])]
CaseOrSubject = Annotated[str, Field(pattern=CASE_OR_SUBJECT_PATTERN)]
Ordinal = Annotated[int, Field(ge=1, le=2**63 - 1)]
Term = Annotated[str, Field(min_length=1, max_length=200)]
Text = Annotated[str, Field(min_length=1, max_length=1000)]
Label = Annotated[str, Field(max_length=64)]

# An enumeration takes its member's name from JSON: "strict" would ask for the member itself.
LaxCriterion = Annotated[Criterion, Strict(False)]
LaxSeverity = Annotated[Severity, Strict(False)]
LaxRelatedness = Annotated[Relatedness, Strict(False)]
LaxOutcome = Annotated[Outcome, Strict(False)]
LaxActionTaken = Annotated[ActionTaken, Strict(False)]
LaxAdjudication = Annotated[Adjudication, Strict(False)]
LaxStatus = Annotated[Status, Strict(False)]

Adjudications = Annotated[
    dict[Identifier, LaxAdjudication],
    # Pydantic gives the pattern of the names, but not that there are no others.
    Field(max_length=64, json_schema_extra={"additionalProperties": False}),
]


class Wire(BaseModel):
    """The rules of every object on the wire: no coercion, no unknown field, no value in errors."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        allow_inf_nan=False,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )


class Source(Wire):
    """Who says it, about which thing of theirs, and which version of it."""

    system: Identifier
    id: Identifier
    version: Ordinal


class Target(Wire):
    """The thing that a retraction voids."""

    system: Identifier
    id: Identifier


class Signature(Wire):
    """One signature over the record."""

    key: Text
    signature: Text


Signatures = Annotated[list[Signature], Field(max_length=16, fail_fast=True)]


class Envelope(Wire):
    """What every record says."""

    schema_: Annotated[str, Field(alias="schema", pattern=SCHEMA_PATTERN)]
    study: Identifier
    source: Source
    known_at: Annotated[str, Field(pattern=INSTANT_PATTERN, examples=["2017-03-05T10:00:00Z"])]
    """When the source first had it, in UTC; a fraction of a second is dropped."""


class Plan(Envelope):
    """A plan version takes effect from here on, for all data."""

    type: Literal["plan"]
    toml: Annotated[str, Field(min_length=1)]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    """Of the UTF-8 bytes of `toml`."""
    signatures: Signatures | None = None


class Subject(Envelope):
    """A subject was screened (no treatment) or randomised."""

    type: Literal["subject"]
    subject: Identifier
    site: Identifier | None = None
    randomised_treatment: Identifier | None = None
    stratum: Identifier | None = None
    date: Day | None = None


class Treatment(Envelope):
    """A subject received a treatment on the days from `start` to before `end`."""

    type: Literal["treatment"]
    subject: Identifier
    treatment: Identifier
    period: Identifier
    start: Day
    end: Day | None = None
    """The first day outside the interval; absent while it goes on."""
    end_reason: Label | None = None


class Dose(Envelope):
    """One administration, which may take days."""

    type: Literal["dose"]
    subject: Identifier
    cycle: Ordinal | None = None
    first_date: Day
    last_date: Day
    """The last day of the administration, inclusive."""
    amount: float | None = None
    unit: Label | None = None
    rate: float | None = None
    batch: Identifier | None = None


class AdverseEvent(Envelope):
    """One case as its source now tells it."""

    type: Literal["adverse_event"]
    subject: Identifier
    preferred_term: Term
    system_organ_class: Term
    verbatim: Annotated[str, Field(max_length=1000)] | None = None
    label_group: Term | None = None
    """The grouping that a product's label uses, where it differs from the preferred term."""
    onset: PartialDay | None = None
    end: PartialDay | None = None
    serious: bool | None = None
    criteria: Annotated[list[LaxCriterion], Field(max_length=16, fail_fast=True)] | None = None
    severity: LaxSeverity | None = None
    relatedness: LaxRelatedness | None = None
    outcome: LaxOutcome | None = None
    action_taken: LaxActionTaken | None = None
    adjudications: Adjudications | None = None
    """A committee's answer by named group."""


class Disposition(Envelope):
    """A subject left a period, or the study where none is named."""

    type: Literal["disposition"]
    subject: Identifier
    status: LaxStatus
    date: Day
    """The last day of follow-up, inclusive."""
    period: Identifier | None = None


class Collection(Envelope):
    """From when a term is collected, so that "not collected" is not zero."""

    type: Literal["collection"]
    kind: Literal["preferred_term", "system_organ_class", "group"]
    term: Term
    start: Annotated[Day, Field(alias="from")]


class Assessment(Envelope):
    """One efficacy score, for the board's benefit-risk panel only."""

    type: Literal["assessment"]
    subject: Identifier
    instrument: Identifier
    visit: Identifier
    value: float
    date: Day | None = None
    imputed: bool | None = None


class Retraction(Envelope):
    """A thing is void, whatever its version."""

    type: Literal["retraction"]
    target: Target
    reason: Text


class Merge(Envelope):
    """Two cases (`system/id`) or two subjects are one."""

    type: Literal["merge"]
    what: Literal["case", "subject"]
    duplicate: CaseOrSubject
    survivor: CaseOrSubject
    """The one under which both count from now on."""


class Review(Envelope):
    """A board member's move on an alert."""

    type: Literal["review"]
    alert: Identifier
    revision: Ordinal
    move: Identifier
    shown: Term
    """The digest of what was on the member's screen."""
    member: Identifier
    reason: Text
    meaning: Text
    """What the signature means."""
    signatures: Signatures | None = None


class Tick(Envelope):
    """Nothing more happened up to and including this date."""

    type: Literal["tick"]
    date: Day


AnyRecord = Annotated[
    Plan
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
    | Tick,
    Field(discriminator="type"),
]

MODELS: dict[str, type[Envelope]] = {
    "plan": Plan,
    "subject": Subject,
    "treatment": Treatment,
    "dose": Dose,
    "adverse_event": AdverseEvent,
    "disposition": Disposition,
    "collection": Collection,
    "assessment": Assessment,
    "retraction": Retraction,
    "merge": Merge,
    "review": Review,
    "tick": Tick,
}
