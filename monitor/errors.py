"""Reasons why a record is refused, each with a remedy for its sender."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class MonitorError(Exception):
    """Base class of this project's exceptions."""


class Reason(StrEnum):
    """Why a record is refused.  The order of the members defines the sets of reasons below."""

    # Unreadable bytes: the record is quarantined, and ten in a row stop the partition.
    TOO_LARGE = "too_large"
    NOT_UTF8 = "not_utf8"
    NOT_JSON = "not_json"
    NOT_AN_OBJECT = "not_an_object"
    TOO_DEEP = "too_deep"
    TOO_MANY_VALUES = "too_many_values"
    DUPLICATE_KEY = "duplicate_key"
    NOT_A_NUMBER = "not_a_number"
    INTEGER_TOO_LARGE = "integer_too_large"
    NUMBER_TOO_LARGE = "number_too_large"
    LONE_SURROGATE = "lone_surrogate"
    UNKNOWN_SCHEMA = "unknown_schema"

    # Invalid content, independent of the study's state.
    UNKNOWN_TYPE = "unknown_type"
    MISSING_FIELD = "missing_field"
    UNKNOWN_FIELD = "unknown_field"
    WRONG_TYPE = "wrong_type"
    BAD_VALUE = "bad_value"
    BAD_IDENTIFIER = "bad_identifier"
    BAD_DATE = "bad_date"
    IMPLAUSIBLE_DATE = "implausible_date"
    END_BEFORE_START = "end_before_start"
    TICK_AHEAD = "tick_ahead"
    PLAN_HASH = "plan_hash"
    SELF_REFERENCE = "self_reference"

    # Wrong placement in the log: checked by the worker.
    WRONG_KEY = "wrong_key"
    WRONG_PARTITION = "wrong_partition"

    # Conflict with the study's state: checked by the fold.
    NO_PLAN = "no_plan"
    BAD_PLAN = "bad_plan"
    TYPE_CHANGED = "type_changed"
    MERGE_CYCLE = "merge_cycle"
    NO_BENEFIT_RISK = "no_benefit_risk"
    UNKNOWN_TREATMENT = "unknown_treatment"
    UNKNOWN_PERIOD = "unknown_period"
    SUBJECT_FULL = "subject_full"
    STUDY_FULL = "study_full"

    # Missing or invalid signature: checked before the record's version counts.
    UNSIGNED = "unsigned"
    FOREIGN_KEY = "foreign_key"
    BAD_SIGNATURE = "bad_signature"
    NOT_THE_MEMBER = "not_the_member"
    TOO_FEW_SIGNERS = "too_few_signers"

    @property
    def remedy(self) -> str:
        """What the sender or the operator does to correct the refusal."""
        return REMEDIES[self]

    @property
    def is_unreadable(self) -> bool:
        """Whether the bytes cannot be decoded, in contrast to invalid content."""
        return self in UNREADABLE_REASONS


UNREADABLE_REASONS = frozenset(list(Reason)[: list(Reason).index(Reason.UNKNOWN_TYPE)])
"""Reasons of records whose bytes cannot be decoded."""

PLACEMENT_REASONS = frozenset({Reason.WRONG_KEY, Reason.WRONG_PARTITION})
"""Reasons that depend on the record's key and partition."""

SIGNATURE_REASONS = frozenset(list(Reason)[list(Reason).index(Reason.UNSIGNED) :])
"""Reasons that depend on public keys: those in the plan, or those of the deployment."""

STUDY_STATE_REASONS = (
    frozenset(list(Reason)[list(Reason).index(Reason.NO_PLAN) :]) - SIGNATURE_REASONS
)
"""Reasons that depend on the study's state."""

REMEDIES: dict[Reason, str] = {
    Reason.TOO_LARGE: "Send one record of at most 1 MiB; keep documents out of the log.",
    Reason.NOT_UTF8: "Encode the record as UTF-8.",
    Reason.NOT_JSON: "Send one complete JSON object a record, without a byte order mark.",
    Reason.NOT_AN_OBJECT: "Send one JSON object a record, not a list or a bare value.",
    Reason.TOO_DEEP: "Nest objects and lists at most 32 deep.",
    Reason.TOO_MANY_VALUES: "Send one record at a time, with the fields of its type only.",
    Reason.DUPLICATE_KEY: "Name each field once: of two values nobody can know which is meant.",
    Reason.NOT_A_NUMBER: "Leave the field out where there is no value; NaN and Infinity are none.",
    Reason.INTEGER_TOO_LARGE: "Send integers that fit 64 bits; send identifiers as strings.",
    Reason.NUMBER_TOO_LARGE: "Send numbers of at most 64 characters below 1.8e308.",
    Reason.LONE_SURROGATE: "Write a character beyond U+FFFF as a pair of \\u escapes, or as UTF-8.",
    Reason.UNKNOWN_SCHEMA: 'Write "trial.log/1"; for a newer major, upgrade and redrive.',
    Reason.UNKNOWN_TYPE: "Write a `type` that `tocsin schema` lists, or upgrade and redrive.",
    Reason.MISSING_FIELD: "Send the record again with the field.",
    Reason.UNKNOWN_FIELD: "Correct the name or leave the field out; `tocsin schema` lists them.",
    Reason.WRONG_TYPE: "Send the value in the JSON type that `tocsin schema` gives the field.",
    Reason.BAD_VALUE: "Send a value that `tocsin schema` allows for the field.",
    Reason.BAD_IDENTIFIER: "Use 1 to 64 characters out of A-Z a-z 0-9 _ . : - for an identifier.",
    Reason.BAD_DATE: "Write days as YYYY-MM-DD and instants as YYYY-MM-DDThh:mm:ssZ, in UTC.",
    Reason.IMPLAUSIBLE_DATE: "Correct the date: only 1900 to 2199 can move a study's as-of date.",
    Reason.END_BEFORE_START: "Correct one of the two dates and send the next version.",
    Reason.TICK_AHEAD: "Give the day of `known_at` or an earlier one: no later day has come.",
    Reason.PLAN_HASH: "Send the lower-case hex SHA-256 of the UTF-8 bytes of `toml`, unaltered.",
    Reason.SELF_REFERENCE: "Name another thing: nothing can be merged with or retract itself.",
    Reason.WRONG_KEY: "Send the record again with its `study` as the key.",
    Reason.WRONG_PARTITION: "Send it to partition murmur2(study) mod n, as `tocsin produce` does.",
    Reason.NO_PLAN: "Send the study's `plan` record first, then this record again.",
    Reason.BAD_PLAN: "Run `tocsin check PLAN`, mend what it names and send the next version.",
    Reason.TYPE_CHANGED: "Give the record an id of its own: a thing keeps its type for good.",
    Reason.MERGE_CYCLE: "Retract the earlier merge first: two things cannot survive each other.",
    Reason.UNKNOWN_TREATMENT: "Use one of the plan's [treatments], or amend the plan first.",
    Reason.UNKNOWN_PERIOD: "Use the id of one of the plan's [[periods]], or amend the plan first.",
    Reason.SUBJECT_FULL: "Send corrections as versions; find what repeats the subject's records.",
    Reason.STUDY_FULL: "Send corrections as versions; find what repeats the study's records.",
    Reason.NO_BENEFIT_RISK: "Declare [benefit_risk] in the plan, or leave `assessment` out.",
    Reason.UNSIGNED: "Sign it: a plan by `tocsin plan sign`, a review by its member's key.",
    Reason.FOREIGN_KEY: "Sign with a key of [[board]], a plan with one of TOCSIN_PLAN_KEYS_FILE.",
    Reason.BAD_SIGNATURE: "Sign the record as it is sent: after that nothing of it may change.",
    Reason.NOT_THE_MEMBER: "Sign with the key that [[board]] gives the review's `member`.",
    Reason.TOO_FEW_SIGNERS: "Have somebody else sign the record too: `tocsin plan sign RECORD`.",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why one record is refused.  *detail* names the field and never repeats its value.

    A value may reveal a treatment arm, and blinded people read refusals.
    """

    reason: Reason
    detail: str

    @property
    def is_unreadable(self) -> bool:
        """Whether the bytes cannot be decoded, in contrast to invalid content."""
        return self.reason in UNREADABLE_REASONS

    @property
    def message(self) -> str:
        """The detail followed by the remedy."""
        return f"{self.detail} {self.reason.remedy}"
