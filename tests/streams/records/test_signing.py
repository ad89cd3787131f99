"""Verifies the signatures of reviews: members' reviews are folded, forged ones are refused."""

from __future__ import annotations

import pytest

from monitor.errors import SIGNATURE_REASONS, Reason
from monitor.records import Record, Review
from monitor.state.digest import state_digest
from monitor.state.entities import RecordOutcome
from streams.processor.pipeline import Pipeline
from streams.records.decode import decode
from streams.records.examples import EXAMPLES
from streams.records.signing import Fields, Trust, key_id
from tests.streams.records.signed_study import apply_fields, refusal_reason, study_with_board
from tests.streams.records.signers import (
    ANN,
    BEN,
    OFFICE,
    STRANGER,
    encode_record,
    plan_record,
    plan_with_board,
    review,
)


@pytest.mark.parametrize("kind", EXAMPLES)
def test_only_plans_and_reviews_have_signed_content(kind: str):
    """Plans and reviews are about a thousandth of the records; the others need no signed bytes."""
    record = decode(encode_record(EXAMPLES[kind]))

    assert isinstance(record, Record)
    assert (record.signed_content is not None) is (kind in ("plan", "review"))


@pytest.mark.parametrize("schema", ["trial.log/1", "trial.log/1.7"])
def test_a_field_of_a_newer_minor_version_is_signed_too(schema: str):
    """The decoder ignores an unknown field, but the signature protects it."""
    fields = {**review(), "schema": schema} | ({"mood": "calm"} if schema.endswith("7") else {})
    signed = ANN.sign(fields)
    assert refusal_reason(study_with_board(), signed) is None

    if "mood" in signed:
        assert (
            refusal_reason(study_with_board(), {**signed, "mood": "grim"}) is Reason.BAD_SIGNATURE
        )


def test_a_signed_review_has_the_id_of_its_key():
    """The history shows which of a member's keys signed the review."""
    pipeline = study_with_board()

    assert apply_fields(pipeline, ANN.sign(review())).outcome is RecordOutcome.FOLDED
    body = pipeline.studies["S"].entities.by_id["edc/nonce-1"].body
    assert isinstance(body, Review) and body.key == key_id(ANN.public_key) == ANN.key_id


def test_without_a_board_a_review_is_accepted_without_a_key():
    """The demo and replayed files have no keys, so no signature is verified."""
    pipeline = Pipeline()
    apply_fields(pipeline, plan_record(plan_with_board()))

    assert apply_fields(pipeline, review()).outcome is RecordOutcome.FOLDED
    body = pipeline.studies["S"].entities.by_id["edc/nonce-1"].body
    assert isinstance(body, Review) and body.key is None


SIGNED = ANN.sign(review())
FORGED: dict[str, tuple[Fields, Reason]] = {
    "no signature": (review(), Reason.UNSIGNED),
    "an empty list": ({**review(), "signatures": []}, Reason.UNSIGNED),
    "a foreign key": (STRANGER.sign(review()), Reason.FOREIGN_KEY),
    "the key of plans": (OFFICE.sign(review()), Reason.FOREIGN_KEY),
    "another member": (BEN.sign(review()), Reason.NOT_THE_MEMBER),
    "another's name": (BEN.sign(review(member="ann", reason="x")), Reason.NOT_THE_MEMBER),
    "an unknown member": (ANN.sign(review(member="eve")), Reason.NOT_THE_MEMBER),
    "another move": ({**SIGNED, "move": "close"}, Reason.BAD_SIGNATURE),
    "another alert": ({**SIGNED, "alert": "ffff"}, Reason.BAD_SIGNATURE),
    "another study": (ANN.sign(review() | {"study": "T"}) | {"study": "S"}, Reason.BAD_SIGNATURE),
    "a later version": (
        {**SIGNED, "source": {**SIGNED["source"], "version": 2}},
        Reason.BAD_SIGNATURE,
    ),
    "another id": ({**SIGNED, "source": {**SIGNED["source"], "id": "n2"}}, Reason.BAD_SIGNATURE),
    "a signature under another key id": (
        {**BEN.sign(review()), "signatures": [
            {"key": ANN.key_id, "signature": BEN.sign(review())["signatures"][0]["signature"]}]},
        Reason.BAD_SIGNATURE,
    ),
    "invalid base64": (
        {**review(), "signatures": [{"key": ANN.key_id, "signature": "no!"}]},
        Reason.BAD_SIGNATURE,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGED)
@pytest.mark.parametrize("trust", [Trust(), Trust((OFFICE.public_key,))], ids=["no keys", "keys"])
def test_a_forged_review_changes_no_state_and_is_counted(name: str, trust: Trust):
    """It is refused with its reason, and the genuine review is folded after it."""
    fields, reason = FORGED[name]
    pipeline = study_with_board(trust=trust)
    before = state_digest(pipeline.studies["S"])

    result = apply_fields(pipeline, fields)

    assert result.outcome is RecordOutcome.REFUSED
    assert result.refusal and result.refusal.reason is reason
    assert state_digest(pipeline.studies["S"]) == before
    assert pipeline.outcomes["S"][RecordOutcome.REFUSED] == 1
    assert apply_fields(pipeline, SIGNED).outcome is RecordOutcome.FOLDED


def test_every_signature_reason_has_a_forgery():
    """A reason without a forgery is never tested; the tests of plans cover too few signers."""
    assert {reason for _, reason in FORGED.values()} == SIGNATURE_REASONS - {Reason.TOO_FEW_SIGNERS}


@pytest.mark.parametrize("name", FORGED)
def test_a_refusal_repeats_no_content_of_a_forgery(name: str):
    """People who must not learn of alerts read it: it has no member, key or alert."""
    refusal = apply_fields(study_with_board(), FORGED[name][0]).refusal

    assert refusal and refusal.message == f"{refusal.detail} {refusal.reason.remedy}"
    assert not any(each in refusal.message for each in ("ann", "ben", "eve", "a1b2", ANN.key_id))


def test_a_repeated_review_is_a_duplicate():
    """With a further signature it is a conflict instead."""
    pipeline = study_with_board()
    assert apply_fields(pipeline, SIGNED).outcome is RecordOutcome.FOLDED
    before = state_digest(pipeline.studies["S"])

    assert apply_fields(pipeline, SIGNED).outcome is RecordOutcome.DUPLICATE
    assert apply_fields(pipeline, STRANGER.sign(SIGNED)).outcome is RecordOutcome.CONFLICT
    assert state_digest(pipeline.studies["S"]) == before


def test_a_forgery_does_not_occupy_the_id_of_a_review():
    """Signatures are verified before ids are used, so the genuine review is still folded."""
    pipeline = study_with_board()
    for forgery in (review(move="close"), STRANGER.sign(review(move="close"))):
        assert apply_fields(pipeline, forgery).outcome is RecordOutcome.REFUSED

    assert apply_fields(pipeline, SIGNED).outcome is RecordOutcome.FOLDED
    body = pipeline.studies["S"].entities.by_id["edc/nonce-1"].body
    assert isinstance(body, Review) and body.move == "acknowledge"


def test_with_deployment_keys_only_board_members_can_review():
    """In production a study without a board accepts no reviews."""
    pipeline = Pipeline(trust=Trust((OFFICE.public_key,)))
    apply_fields(pipeline, OFFICE.sign(plan_record(plan_with_board())))

    assert refusal_reason(pipeline, review()) is Reason.UNSIGNED
    assert refusal_reason(pipeline, ANN.sign(review())) is Reason.FOREIGN_KEY


def test_a_member_may_have_two_keys():
    """Both keys are valid while one replaces the other."""
    pipeline = Pipeline()
    apply_fields(pipeline, plan_record(plan_with_board(("ann", ANN), ("ann", BEN))))

    assert refusal_reason(pipeline, BEN.sign(review())) is None
