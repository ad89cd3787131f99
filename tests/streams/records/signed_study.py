"""A study with a board, and what became of a record that is told to it."""

from __future__ import annotations

from monitor.errors import Reason
from streams.processor.pipeline import Pipeline, Told
from streams.records.signing import Fields, Trust
from tests.streams.records.signers import ANN, BEN, OFFICE, opening, seated, wire


def told(pipeline: Pipeline, fields: Fields) -> Told:
    return pipeline.advance(wire(fields), 1)


def reason(pipeline: Pipeline, fields: Fields) -> Reason | None:
    refusal = told(pipeline, fields).refusal
    return refusal and refusal.reason


def board(*, trust: Trust | None = None) -> Pipeline:
    """A study whose board is Ann, with two keys' worth of years, and Ben."""
    found = Pipeline(trust=trust or Trust())
    assert told(found, OFFICE.sign(opening(seated(("ann", ANN), ("ben", BEN))))).refusal is None
    return found
