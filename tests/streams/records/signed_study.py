"""A study with a board, and what became of a record that is told to it."""

from __future__ import annotations

from monitor.errors import Reason
from streams.processor.pipeline import Pipeline, RecordResult
from streams.records.signing import Fields, Trust
from tests.streams.records.signers import (
    ANN,
    BEN,
    OFFICE,
    encode_record,
    plan_record,
    plan_with_board,
)


def apply_fields(pipeline: Pipeline, fields: Fields) -> RecordResult:
    return pipeline.process_bytes(encode_record(fields), 1)


def refusal_reason(pipeline: Pipeline, fields: Fields) -> Reason | None:
    refusal = apply_fields(pipeline, fields).refusal
    return refusal and refusal.reason


def study_with_board(*, trust: Trust | None = None) -> Pipeline:
    """A study whose board is Ann, with two keys' worth of years, and Ben."""
    found = Pipeline(trust=trust or Trust())
    assert (
        apply_fields(
            found, OFFICE.sign(plan_record(plan_with_board(("ann", ANN), ("ben", BEN))))
        ).refusal
        is None
    )
    return found
