"""Accepts plans and amendments only with signatures of the deployment's keys."""

from __future__ import annotations

import pytest

from monitor.errors import Reason
from monitor.state.digest import state_digest
from monitor.state.entities import RecordOutcome
from streams.processor.pipeline import Pipeline
from streams.records.signing import Fields, Signer, Trust
from tests.streams.records.signed_study import apply_fields, refusal_reason, study_with_board
from tests.streams.records.signers import (
    ANN,
    BEN,
    OFFICE,
    STRANGER,
    plan_record,
    plan_with_board,
    review,
    signer,
)


@pytest.mark.parametrize(
    ("signers", "reason"),
    [
        ([], Reason.UNSIGNED),
        ([STRANGER], Reason.FOREIGN_KEY),
        ([ANN], Reason.FOREIGN_KEY),
        ([OFFICE], None),
        ([STRANGER, OFFICE], None),
    ],
    ids=["unsigned", "stranger", "board member", "office", "stranger and office"],
)
def test_a_plan_needs_a_signature_of_a_deployment_key(signers: list[Signer], reason: Reason | None):
    """A forger must not become the board by a plan that names the forger as its board."""
    pipeline = Pipeline(trust=Trust((OFFICE.public_key,)))
    fields = plan_record(plan_with_board(("eve", STRANGER)))
    for each in signers:
        fields = each.sign(fields)

    assert refusal_reason(pipeline, fields) is reason
    assert ("S" in pipeline.studies) is (reason is None)


def test_an_amendment_needs_a_signature_of_the_same_keys():
    """A key that cannot open a study cannot change its plan, nor use up a version of it."""
    pipeline = study_with_board(trust=Trust((OFFICE.public_key,)))
    amended = plan_record(plan_with_board(("eve", STRANGER)), version=2)
    before = state_digest(pipeline.studies["S"])

    assert refusal_reason(pipeline, STRANGER.sign(amended)) is Reason.FOREIGN_KEY
    assert refusal_reason(
        pipeline, {**OFFICE.sign(amended), "known_at": "2020-01-02T00:00:00Z"}
    ) is (Reason.BAD_SIGNATURE)
    assert state_digest(pipeline.studies["S"]) == before
    assert apply_fields(pipeline, OFFICE.sign(amended)).outcome is RecordOutcome.FOLDED


def test_a_board_key_is_valid_only_while_the_plan_names_it():
    """An amendment replaces a lost key, which then signs no further reviews."""
    pipeline = study_with_board()
    assert apply_fields(pipeline, ANN.sign(review("n1"))).outcome is RecordOutcome.FOLDED

    apply_fields(pipeline, plan_record(plan_with_board(("ann", STRANGER), ("ben", BEN)), version=2))

    assert refusal_reason(pipeline, ANN.sign(review("n2"))) is Reason.FOREIGN_KEY
    assert refusal_reason(pipeline, STRANGER.sign(review("n3"))) is None
    assert apply_fields(pipeline, ANN.sign(review("n1"))).refusal is not None


DEAN = signer("dean")
TWO_SIGNERS = Trust((OFFICE.public_key, DEAN.public_key, ANN.public_key), signers_min=2)


def with_wrong_signature(fields: Fields, by: Signer) -> Fields:
    """Return *fields* with a signature by *by* that covers other content."""
    (signature,) = by.sign({"type": "plan"})["signatures"]
    return {**fields, "signatures": [*fields.get("signatures", []), signature]}


def signed_twice(by: Signer) -> Fields:
    """Return a plan that has the same signature by *by* twice."""
    (signature,) = by.sign(plan_record(plan_with_board()))["signatures"]
    return {**plan_record(plan_with_board()), "signatures": [signature, signature]}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        (OFFICE.sign(plan_record(plan_with_board())), Reason.TOO_FEW_SIGNERS),
        (DEAN.sign(OFFICE.sign(plan_record(plan_with_board()))), None),
        (OFFICE.sign(DEAN.sign(plan_record(plan_with_board()))), None),
        (STRANGER.sign(OFFICE.sign(DEAN.sign(plan_record(plan_with_board())))), None),
        (ANN.sign(OFFICE.sign(DEAN.sign(plan_record(plan_with_board())))), None),
        (OFFICE.sign(OFFICE.sign(plan_record(plan_with_board()))), Reason.TOO_FEW_SIGNERS),
        (signed_twice(OFFICE), Reason.TOO_FEW_SIGNERS),
        (STRANGER.sign(OFFICE.sign(plan_record(plan_with_board()))), Reason.TOO_FEW_SIGNERS),
        (
            with_wrong_signature(OFFICE.sign(plan_record(plan_with_board())), DEAN),
            Reason.TOO_FEW_SIGNERS,
        ),
        (
            OFFICE.sign(with_wrong_signature(plan_record(plan_with_board()), DEAN)),
            Reason.TOO_FEW_SIGNERS,
        ),
        (with_wrong_signature(DEAN.sign(OFFICE.sign(plan_record(plan_with_board()))), ANN), None),
        (with_wrong_signature(plan_record(plan_with_board()), DEAN), Reason.BAD_SIGNATURE),
        (plan_record(plan_with_board()), Reason.UNSIGNED),
        (STRANGER.sign(plan_record(plan_with_board())), Reason.FOREIGN_KEY),
    ],
    ids=[
        *("one key", "two keys", "two in other order", "two and a stranger", "three keys"),
        *("one signs again", "one repeated", "one and a stranger", "one, then an invalid one"),
        *("an invalid one, then one", "two and an invalid one", "an invalid one"),
        *("unsigned", "stranger"),
    ],
)
def test_a_two_person_rule_counts_keys_with_valid_signatures(fields: Fields, reason: Reason | None):
    """The order is irrelevant; invalid, foreign and repeated signatures are ignored."""
    pipeline = Pipeline(trust=TWO_SIGNERS)

    assert refusal_reason(pipeline, fields) is reason
    assert ("S" in pipeline.studies) is (reason is None)


def test_a_key_that_is_listed_twice_counts_once():
    """A repeated line of the key file must not let one person satisfy a two-person rule."""
    pipeline = Pipeline(trust=Trust((OFFICE.public_key, OFFICE.public_key), signers_min=2))

    assert (
        refusal_reason(pipeline, OFFICE.sign(plan_record(plan_with_board())))
        is Reason.TOO_FEW_SIGNERS
    )


def test_a_plan_with_too_few_signatures_occupies_no_id():
    """It is refused with a remedy; with one more signature it is folded, as is an amendment."""
    pipeline = Pipeline(trust=TWO_SIGNERS)
    signed_once = OFFICE.sign(plan_record(plan_with_board()))
    refusal = apply_fields(pipeline, signed_once).refusal
    assert refusal is not None
    assert "Only 1 of the 2 signatures" in refusal.message and "plan sign" in refusal.message

    assert apply_fields(pipeline, DEAN.sign(signed_once)).refusal is None
    before = state_digest(pipeline.studies["S"])
    amended = OFFICE.sign(plan_record(plan_with_board(("eve", STRANGER)), version=2))
    assert refusal_reason(pipeline, amended) is Reason.TOO_FEW_SIGNERS
    assert state_digest(pipeline.studies["S"]) == before
    assert apply_fields(pipeline, DEAN.sign(amended)).outcome is RecordOutcome.FOLDED
