"""Tests that the responders beside the harm are those of an independent batch count."""

from __future__ import annotations

import pytest

from board.views.catalogue import VIEWS
from tests.board.independent.limits import score_limits
from tests.board.independent.logs import board_log


@pytest.mark.parametrize("name", ["proderm", "mutated"])
def test_responders(name: str):
    """Responders, scores and imputed scores by visit, threshold and randomised arm."""
    log = board_log(name)
    rows = VIEWS["overview"].build(log.facts, {}).benefit.table.rows
    scores = log.count.facts("assessment")
    visits = {each["visit"] for each in scores}
    thresholds = log.count.trial.plan["benefit_risk"]["responder"]
    assert len(rows) == len(visits) * len(thresholds), log.name
    for row in rows:
        numbers: list[int] = []
        for arm, prefix in ((row["treatment"], ""), (row["control"], "control_")):
            own = [
                each
                for each in scores
                if each["visit"] == row["visit"]
                and log.count.trial.arms.get(each["subject"]) == arm
            ]
            numbers += [sum(each["value"] >= row["threshold"] for each in own), len(own)]
            shown = [row[f"{prefix}{key}"] for key in ("responders", "subjects", "imputed")]
            imputed = sum(bool(each.get("imputed")) for each in own)
            assert shown == [*numbers[-2:], imputed], (log.name, row)
        if row["difference"] is not None:
            risks = numbers[0] / numbers[1] - numbers[2] / numbers[3]
            assert row["difference"] == pytest.approx(100 * risks), log.name
            assert (row["low"], row["high"]) == pytest.approx(score_limits(*numbers), abs=1e-4)
