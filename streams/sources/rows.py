"""The rows that every reader of a foreign format yields: one meaning a field, whatever the format.

A reader names columns and decodes values; a mapping turns its cells into these rows; the rules of
`streams.sources.rules` turn the rows of one subject into records.  A field without a value is "".
Dates are ISO 8601 texts, whole or partial, as the source has them: only the rules interpret them.
Coded fields hold values of the enums of `monitor.records`, which `streams.sources.codes` maps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Place(NamedTuple):
    """Where a row stands: its file as the user named it, and its number there, from 1."""

    file: str
    row: int


class SourceRow(NamedTuple):
    """One row of a file before any mapping: its cells as text by column name."""

    place: Place
    cells: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyRow:
    """What all rows have: where they stand, whom they are about, when their source had them."""

    place: Place
    subject: str
    known: str = ""
    """Day or instant on which the source had this row (SDTM --DTC, audit records, "modified")."""
    key: tuple[str, ...] = ()
    """Identity in the source beside the subject; empty where the source has none."""
    version: str = ""
    """Order among the rows of one key where the source numbers them; else `known` decides."""
    removed: bool = False
    """The source withdraws the row of this key: a nullification, or an ODM `Remove`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectRow(StudyRow):
    """A subject: its site, arms and the dates by which its time is counted."""

    site: str = ""
    stratum: str = ""
    arm: str = ""
    """Treatment to which the subject was randomised, as the source spells it; "" is none."""
    arm_received: str = ""
    no_arm_reason: str = ""
    allocated: str = ""
    """Day of screening or randomisation."""
    treatment_start: str = ""
    follow_up_end: str = ""
    participation_end: str = ""
    died: str = ""
    """Day of death."""
    died_flag: str = ""
    """"yes", "no" or ""."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TreatmentRow(StudyRow):
    """An interval on one treatment: stated, or one element of a sequence (SDTM SE)."""

    treatment: str = ""
    """As the source spells it; "" is the treatment to which the subject was randomised."""
    period: str = ""
    """Period or epoch as the source spells it."""
    start: str = ""
    end: str = ""
    """First day after the interval."""
    end_reason: str = ""
    is_element: bool = False
    """A planned element as it took place (SDTM SE): it dates periods, and doses tell treatments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseRow(StudyRow):
    """One administration or one interval of constant dosing (SDTM EX, EC)."""

    treatment: str = ""
    period: str = ""
    first: str = ""
    last: str = ""
    """Last day, inclusive."""
    amount: str = ""
    unit: str = ""
    rate: str = ""
    batch: str = ""
    cycle: str = ""
    given: str = ""
    """"no" where the source says that no dose was given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow(StudyRow):
    """One row of an adverse event: a case, or one of several reports of it."""

    sequence: str = ""
    term: str = ""
    """Coded (preferred) term."""
    system_organ_class: str = ""
    verbatim: str = ""
    label_group: str = ""
    onset: str = ""
    end: str = ""
    serious: str = ""
    """"yes", "no" or ""."""
    criteria: tuple[str, ...] = ()
    severity: str = ""
    grade: str = ""
    """Severity by the toxicity grade, coded like `severity`; the worse of the two counts."""
    relatedness: str = ""
    outcome: str = ""
    action_taken: str = ""
    died: str = ""
    """Day of death that the row states."""
    treatment_emergent: str = ""
    """What the source's own flag says, used as a check only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DispositionRow(StudyRow):
    """How a subject left a period or the study; the rules know death by its status "died"."""

    status: str = ""
    date: str = ""
    period: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentRow(StudyRow):
    """One efficacy score."""

    instrument: str = ""
    visit: str = ""
    value: str = ""
    date: str = ""


AnyRow = SubjectRow | TreatmentRow | DoseRow | EventRow | DispositionRow | AssessmentRow
