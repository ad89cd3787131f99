"""Whose plans count: those of a deployment's keys, amendments among them."""

from __future__ import annotations

import pytest

from monitor.digest import digest
from monitor.errors import Reason
from monitor.ledger import Outcome
from streams.pipeline import Pipeline
from streams.signing import Signer, Trust
from tests.streams.forged import board, reason, told
from tests.streams.seals import ANN, BEN, OFFICE, STRANGER, opening, review, seated


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
    found = Pipeline(trust=Trust((OFFICE.public,)))
    fields = opening(seated(("eve", STRANGER)))
    for each in signers:
        fields = each.sign(fields)

    assert reason(found, fields) is why
    assert ("S" in found.studies) is (why is None)


def test_an_amendment_counts_by_the_same_keys():
    """Whoever may not open a study may not change it, and takes no version of its plan."""
    found = board(trust=Trust((OFFICE.public,)))
    amended = opening(seated(("eve", STRANGER)), version=2)
    before = digest(found.studies["S"])

    assert reason(found, STRANGER.sign(amended)) is Reason.FOREIGN_KEY
    assert reason(found, {**OFFICE.sign(amended), "known_at": "2020-01-02T00:00:00Z"}) is (
        Reason.BAD_SIGNATURE
    )
    assert digest(found.studies["S"]) == before
    assert told(found, OFFICE.sign(amended)).outcome is Outcome.FOLDED


def test_a_key_counts_from_the_plan_that_names_it_to_the_one_that_does_not():
    """A key that was lost is taken out by an amendment: what came before it stands."""
    found = board()
    assert told(found, ANN.sign(review("n1"))).outcome is Outcome.FOLDED

    told(found, opening(seated(("ann", STRANGER), ("ben", BEN)), version=2))

    assert reason(found, ANN.sign(review("n2"))) is Reason.FOREIGN_KEY
    assert reason(found, STRANGER.sign(review("n3"))) is None
    assert told(found, ANN.sign(review("n1"))).refusal is not None
