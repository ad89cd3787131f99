"""A study with a board, and the results of records that are folded into it."""

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
    """Return a pipeline with a study whose board members are Ann and Ben."""
    pipeline = Pipeline(trust=trust or Trust())
    assert (
        apply_fields(
            pipeline, OFFICE.sign(plan_record(plan_with_board(("ann", ANN), ("ben", BEN))))
        ).refusal
        is None
    )
    return pipeline
