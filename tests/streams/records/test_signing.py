"""Whose plans and reviews count, what is signed, and what a forger gets for the trouble."""

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
def test_only_a_plan_and_a_review_carry_what_is_signed(kind: str):
    """No other record pays for signatures, which are a thousandth of what there is."""
    record = decode(encode_record(EXAMPLES[kind]))

    assert isinstance(record, Record)
    assert (record.signed_content is not None) is (kind in ("plan", "review"))


@pytest.mark.parametrize("schema", ["trial.log/1", "trial.log/1.7"])
def test_a_field_of_a_newer_minor_is_signed_too(schema: str):
    """We do not know what it means, and nobody may change it."""
    said = {**review(), "schema": schema} | ({"mood": "calm"} if schema.endswith("7") else {})
    signed = ANN.sign(said)
    assert refusal_reason(study_with_board(), signed) is None

    if "mood" in signed:
        assert (
            refusal_reason(study_with_board(), {**signed, "mood": "grim"}) is Reason.BAD_SIGNATURE
        )


def test_a_signed_review_names_the_key_that_vouches_for_it():
    """Whoever looks at the history sees by which of a member's keys it was signed."""
    found = study_with_board()

    assert apply_fields(found, ANN.sign(review())).outcome is RecordOutcome.FOLDED
    body = found.studies["S"].entities.by_id["edc/nonce-1"].body
    assert isinstance(body, Review) and body.key == key_id(ANN.public_key) == ANN.key_id


def test_without_a_board_a_review_counts_and_names_no_key():
    """The demo and a file that is replayed have no keys; nobody has looked at a signature."""
    found = Pipeline()
    apply_fields(found, plan_record(plan_with_board()))

    assert apply_fields(found, review()).outcome is RecordOutcome.FOLDED
    body = found.studies["S"].entities.by_id["edc/nonce-1"].body
    assert isinstance(body, Review) and body.key is None


SIGNED = ANN.sign(review())
FORGED: dict[str, tuple[Fields, Reason]] = {
    "no signature": (review(), Reason.UNSIGNED),
    "an empty list": ({**review(), "signatures": []}, Reason.UNSIGNED),
    "a stranger": (STRANGER.sign(review()), Reason.FOREIGN_KEY),
    "the key of plans": (OFFICE.sign(review()), Reason.FOREIGN_KEY),
    "another member": (BEN.sign(review()), Reason.NOT_THE_MEMBER),
    "another's name": (BEN.sign(review(member="ann", reason="x")), Reason.NOT_THE_MEMBER),
    "a member who is none": (ANN.sign(review(member="eve")), Reason.NOT_THE_MEMBER),
    "another move": ({**SIGNED, "move": "close"}, Reason.BAD_SIGNATURE),
    "another alert": ({**SIGNED, "alert": "ffff"}, Reason.BAD_SIGNATURE),
    "another study": (ANN.sign(review() | {"study": "T"}) | {"study": "S"}, Reason.BAD_SIGNATURE),
    "a later version": (
        {**SIGNED, "source": {**SIGNED["source"], "version": 2}},
        Reason.BAD_SIGNATURE,
    ),
    "another id": ({**SIGNED, "source": {**SIGNED["source"], "id": "n2"}}, Reason.BAD_SIGNATURE),
    "her name on his": (
        {**BEN.sign(review()), "signatures": [
            {"key": ANN.key_id, "signature": BEN.sign(review())["signatures"][0]["signature"]}]},
        Reason.BAD_SIGNATURE,
    ),
    "no base64": (
        {**review(), "signatures": [{"key": ANN.key_id, "signature": "no!"}]},
        Reason.BAD_SIGNATURE,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGED)
@pytest.mark.parametrize("trust", [Trust(), Trust((OFFICE.public_key,))], ids=["no keys", "keys"])
def test_a_forged_review_changes_nothing_and_is_shown(name: str, trust: Trust):
    """It is refused by name, the state is as it was, and the true one counts after it."""
    fields, why = FORGED[name]
    found = study_with_board(trust=trust)
    before = state_digest(found.studies["S"])

    refused = apply_fields(found, fields)

    assert refused.outcome is RecordOutcome.REFUSED
    assert refused.refusal and refused.refusal.reason is why
    assert state_digest(found.studies["S"]) == before
    assert found.outcomes["S"][RecordOutcome.REFUSED] == 1
    assert apply_fields(found, SIGNED).outcome is RecordOutcome.FOLDED


def test_every_reason_of_a_signature_is_earned_by_a_forgery():
    """A reason that nothing earns is a promise that nobody has kept; plans earn the last one."""
    assert {why for _, why in FORGED.values()} == SIGNATURE_REASONS - {Reason.TOO_FEW_SIGNERS}


@pytest.mark.parametrize("name", FORGED)
def test_a_refusal_repeats_nothing_of_a_forgery(name: str):
    """It is read by people who must not learn of alerts: no member, no key, no alert."""
    refusal = apply_fields(study_with_board(), FORGED[name][0]).refusal

    assert refusal and refusal.message == f"{refusal.detail} {refusal.reason.remedy}"
    assert not any(each in refusal.message for each in ("ann", "ben", "eve", "a1b2", ANN.key_id))


def test_a_replayed_review_is_a_duplicate_of_itself():
    """Said twice it is said once; with another signature beside it, it is a conflict and shown."""
    found = study_with_board()
    assert apply_fields(found, SIGNED).outcome is RecordOutcome.FOLDED
    before = state_digest(found.studies["S"])

    assert apply_fields(found, SIGNED).outcome is RecordOutcome.DUPLICATE
    assert apply_fields(found, STRANGER.sign(SIGNED)).outcome is RecordOutcome.CONFLICT
    assert state_digest(found.studies["S"]) == before


def test_who_takes_the_id_of_a_review_first_does_not_have_it():
    """The id is looked at after the signature: a forgery under it leaves it to the true one."""
    found = study_with_board()
    for forgery in (review(move="close"), STRANGER.sign(review(move="close"))):
        assert apply_fields(found, forgery).outcome is RecordOutcome.REFUSED

    assert apply_fields(found, SIGNED).outcome is RecordOutcome.FOLDED
    body = found.studies["S"].entities.by_id["edc/nonce-1"].body
    assert isinstance(body, Review) and body.move == "acknowledge"


def test_with_keys_nobody_but_a_board_reviews():
    """In production a plan that names no board has nobody's word to take."""
    found = Pipeline(trust=Trust((OFFICE.public_key,)))
    apply_fields(found, OFFICE.sign(plan_record(plan_with_board())))

    assert refusal_reason(found, review()) is Reason.UNSIGNED
    assert refusal_reason(found, ANN.sign(review())) is Reason.FOREIGN_KEY


def test_a_member_may_have_two_keys():
    """While one is replaced by another, both sign for the member."""
    found = Pipeline()
    apply_fields(found, plan_record(plan_with_board(("ann", ANN), ("ann", BEN))))

    assert refusal_reason(found, BEN.sign(review())) is None
