"""Whose plans count: those of a deployment's keys, amendments among them."""

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
    ("signers", "why"),
    [
        ([], Reason.UNSIGNED),
        ([STRANGER], Reason.FOREIGN_KEY),
        ([ANN], Reason.FOREIGN_KEY),
        ([OFFICE], None),
        ([STRANGER, OFFICE], None),
    ],
    ids=["nobody", "a stranger", "a member", "the office", "the office among others"],
)
def test_a_plan_counts_by_the_keys_of_the_deployment(signers: list[Signer], why: Reason | None):
    """A board that a forger names in a plan of their own must not become the board."""
    found = Pipeline(trust=Trust((OFFICE.public_key,)))
    fields = plan_record(plan_with_board(("eve", STRANGER)))
    for each in signers:
        fields = each.sign(fields)

    assert refusal_reason(found, fields) is why
    assert ("S" in found.studies) is (why is None)


def test_an_amendment_counts_by_the_same_keys():
    """Whoever may not open a study may not change it, and takes no version of its plan."""
    found = study_with_board(trust=Trust((OFFICE.public_key,)))
    amended = plan_record(plan_with_board(("eve", STRANGER)), version=2)
    before = state_digest(found.studies["S"])

    assert refusal_reason(found, STRANGER.sign(amended)) is Reason.FOREIGN_KEY
    assert refusal_reason(found, {**OFFICE.sign(amended), "known_at": "2020-01-02T00:00:00Z"}) is (
        Reason.BAD_SIGNATURE
    )
    assert state_digest(found.studies["S"]) == before
    assert apply_fields(found, OFFICE.sign(amended)).outcome is RecordOutcome.FOLDED


def test_a_key_counts_from_the_plan_that_names_it_to_the_one_that_does_not():
    """A key that was lost is taken out by an amendment: what came before it stands."""
    found = study_with_board()
    assert apply_fields(found, ANN.sign(review("n1"))).outcome is RecordOutcome.FOLDED

    apply_fields(found, plan_record(plan_with_board(("ann", STRANGER), ("ben", BEN)), version=2))

    assert refusal_reason(found, ANN.sign(review("n2"))) is Reason.FOREIGN_KEY
    assert refusal_reason(found, STRANGER.sign(review("n3"))) is None
    assert apply_fields(found, ANN.sign(review("n1"))).refusal is not None


DEAN = signer("dean")
TWO_SIGNERS = Trust((OFFICE.public_key, DEAN.public_key, ANN.public_key), signers_min=2)


def with_wrong_signature(fields: Fields, by: Signer) -> Fields:
    """A record with a signature that *by* made of something else."""
    (other,) = by.sign({"type": "plan"})["signatures"]
    return {**fields, "signatures": [*fields.get("signatures", []), other]}


def signed_twice(by: Signer) -> Fields:
    """A plan that bears two signatures by one key."""
    (made,) = by.sign(plan_record(plan_with_board()))["signatures"]
    return {**plan_record(plan_with_board()), "signatures": [made, made]}


@pytest.mark.parametrize(
    ("fields", "why"),
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
        *("one", "two", "the other way round", "two and a stranger", "three"),
        *("one, again", "one, twice over", "one and a stranger", "one, and a bad one after it"),
        *("one, and a bad one before it", "two and a bad one", "a bad one", "none", "a stranger"),
    ],
)
def test_a_rule_of_two_persons_counts_keys_whose_signatures_hold(
    fields: Fields, why: Reason | None
):
    """In whichever order; what does not hold, or counts already, neither adds nor spoils."""
    found = Pipeline(trust=TWO_SIGNERS)

    assert refusal_reason(found, fields) is why
    assert ("S" in found.studies) is (why is None)


def test_a_key_that_is_listed_twice_is_one_person():
    """A line copied in the file of keys must not make a rule of two into one of one."""
    found = Pipeline(trust=Trust((OFFICE.public_key, OFFICE.public_key), signers_min=2))

    assert (
        refusal_reason(found, OFFICE.sign(plan_record(plan_with_board()))) is Reason.TOO_FEW_SIGNERS
    )


def test_what_one_has_signed_takes_no_id_from_what_two_have():
    """It is refused, and said; with one more signature it is folded, and so is an amendment."""
    found = Pipeline(trust=TWO_SIGNERS)
    once = OFFICE.sign(plan_record(plan_with_board()))
    refusal = apply_fields(found, once).refusal
    assert refusal is not None
    assert "Only 1 of the 2 signatures" in refusal.message and "plan sign" in refusal.message

    assert apply_fields(found, DEAN.sign(once)).refusal is None
    before = state_digest(found.studies["S"])
    amended = OFFICE.sign(plan_record(plan_with_board(("eve", STRANGER)), version=2))
    assert refusal_reason(found, amended) is Reason.TOO_FEW_SIGNERS
    assert state_digest(found.studies["S"]) == before
    assert apply_fields(found, DEAN.sign(amended)).outcome is RecordOutcome.FOLDED
