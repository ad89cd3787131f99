"""Wire models of the records of ``trial.log.v1``; their docstrings are schema descriptions.

They validate form: names, types and ranges.  ``convert`` checks fields against each other.
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

MAJOR, MINOR = 1, 1
"""Version of the schema.  Fields that a newer minor adds are ignored."""

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

# JSON has the value of an enumeration member; strict mode would require the member itself.
LaxCriterion = Annotated[Criterion, Strict(False)]
LaxSeverity = Annotated[Severity, Strict(False)]
LaxRelatedness = Annotated[Relatedness, Strict(False)]
LaxOutcome = Annotated[Outcome, Strict(False)]
LaxActionTaken = Annotated[ActionTaken, Strict(False)]
LaxAdjudication = Annotated[Adjudication, Strict(False)]
LaxStatus = Annotated[Status, Strict(False)]

Adjudications = Annotated[
    dict[Identifier, LaxAdjudication],
    # Pydantic generates the pattern of the names, but allows others beside them.
    Field(max_length=64, json_schema_extra={"additionalProperties": False}),
]


class Wire(BaseModel):
    """Base of all wire objects: no coercion, no unknown field, no value in errors."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        allow_inf_nan=False,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
        defer_build=True,  # A start needs none of the models whole.
    )


class Source(Wire):
    """The source system, its identifier of the entity, and the version of that entity."""

    system: Identifier
    id: Identifier
    version: Ordinal


class Target(Wire):
    """The entity that a retraction nullifies."""

    system: Identifier
    id: Identifier


class Signature(Wire):
    """One Ed25519 signature of the record."""

    key: Text
    signature: Text


Signatures = Annotated[list[Signature], Field(max_length=16, fail_fast=True)]


class Envelope(Wire):
    """Fields of every record."""

    schema_: Annotated[str, Field(alias="schema", pattern=SCHEMA_PATTERN)]
    study: Identifier
    source: Source
    known_at: Annotated[str, Field(pattern=INSTANT_PATTERN, examples=["2017-03-05T10:00:00Z"])]
    """When the source first had this version, in UTC; fractions of a second are dropped."""


class Plan(Envelope):
    """A version of the monitoring plan, which applies to all data from this record on."""

    type: Literal["plan"]
    toml: Annotated[str, Field(min_length=1)]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    """SHA-256 of the UTF-8 bytes of `toml`, in hexadecimal."""
    signatures: Signatures | None = None


class Subject(Envelope):
    """A subject was screened (without a treatment) or randomised."""

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
    """The first day after the interval; absent while the treatment continues."""
    end_reason: Label | None = None


class Dose(Envelope):
    """One administration, which may last several days."""

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
    """An adverse event case, as its source currently describes it."""

    type: Literal["adverse_event"]
    subject: Identifier
    preferred_term: Term
    system_organ_class: Term
    verbatim: Annotated[str, Field(max_length=1000)] | None = None
    label_group: Term | None = None
    """Term under which the product's label groups the event, if not the preferred term."""
    onset: PartialDay | None = None
    end: PartialDay | None = None
    serious: bool | None = None
    criteria: Annotated[list[LaxCriterion], Field(max_length=16, fail_fast=True)] | None = None
    severity: LaxSeverity | None = None
    relatedness: LaxRelatedness | None = None
    outcome: LaxOutcome | None = None
    action_taken: LaxActionTaken | None = None
    adjudications: Adjudications | None = None
    """Answers of an adjudication committee by named group."""


class Disposition(Envelope):
    """A subject left a period, or the study if no period is given."""

    type: Literal["disposition"]
    subject: Identifier
    status: LaxStatus
    date: Day
    """The last day of follow-up, inclusive."""
    period: Identifier | None = None


class Collection(Envelope):
    """First day on which a term is collected, to distinguish "not collected" from zero events."""

    type: Literal["collection"]
    kind: Literal["preferred_term", "system_organ_class", "group"]
    term: Term
    start: Annotated[Day, Field(alias="from")]


class NotAtRisk(Envelope):
    """Days on which a subject is not at risk of a term, or of any event.

    They leave the risk sets and the person-time, and events on them are not counted.
    """

    type: Literal["not_at_risk"]
    subject: Identifier
    kind: Literal["preferred_term", "system_organ_class", "group", "any"]
    """With `any`, the subject is at risk of no event; with another kind, `term` names the term."""
    term: Term | None = None
    start: Annotated[Day, Field(alias="from")]
    """The first day that leaves the risk sets."""
    last_date: Annotated[Day | None, Field(alias="to")] = None
    """The last such day, inclusive; absent while it is not known."""


class Assessment(Envelope):
    """One efficacy score, used only for the board's benefit-risk assessment."""

    type: Literal["assessment"]
    subject: Identifier
    instrument: Identifier
    visit: Identifier
    value: float
    date: Day | None = None
    imputed: bool | None = None


class Retraction(Envelope):
    """Nullification of an entity, in all its versions."""

    type: Literal["retraction"]
    target: Target
    reason: Text


class Merge(Envelope):
    """Two cases (`system/id`) or two subjects are the same."""

    type: Literal["merge"]
    what: Literal["case", "subject"]
    duplicate: CaseOrSubject
    survivor: CaseOrSubject
    """The case or subject under which both count from this record on."""


class Review(Envelope):
    """A board member's review of an alert, which moves the alert to another state."""

    type: Literal["review"]
    alert: Identifier
    revision: Ordinal
    move: Identifier
    shown: Term
    """Digest of what the member's screen showed."""
    member: Identifier
    reason: Text
    meaning: Text
    """Meaning of the signature."""
    signatures: Signatures | None = None


class Tick(Envelope):
    """Advances the as-of date: no other events up to and including this date."""

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
    | NotAtRisk
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
    "not_at_risk": NotAtRisk,
    "assessment": Assessment,
    "retraction": Retraction,
    "merge": Merge,
    "review": Review,
    "tick": Tick,
}
