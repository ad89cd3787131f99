"""What the blinded are told is what would be the same had others had the other treatment."""

from __future__ import annotations

from alerts.notification.audiences import deployment
from alerts.notification.due import delivered, firing
from alerts.notification.notification_log import Route
from tests.alerts.notification.published_alerts import (
    BELL,
    BOARD,
    FILE,
    Desk,
    answer,
    closing,
    wire,
)

SPONSOR = Route("sponsor", "open-bell")
BLINDED = (
    FILE
    + """
[[sink]]
name = "open-bell"
kind = "alertmanager"
url = "http://alertmanager-open:9093"

[[audience]]
name = "sponsor"
sees = "pooled"
sinks = ["open-bell"]
kinds = ["case", "finding"]
"""
)


def blinded(*values: bytes) -> Desk:
    """A desk whose delivery file has a blinded audience."""
    return Desk(plan=deployment(BLINDED)).announce(*values)


def test_the_blinded_hear_that_a_case_was_reported_and_nothing_that_members_did():
    """Decided, reopened, closed: who decides knows the arms; a backlog must not hide the first."""
    case = {"kind": "case", "watch": "rule/deaths"}
    desk = blinded(wire(**case), answer(2, **case), closing(3, **case))
    desk.announce(wire(id="2a"), wire(id="2b", revision=2, move="change", **case))

    assert desk.sends(SPONSOR) == [("1f0c", 1)] and desk.notes(SPONSOR) == []
    assert desk.sends(BOARD) == [("1f0c", 3), ("2a", 1), ("2b", 2)]
    desk.sent(SPONSOR, 1, at=0)
    assert (desk.sends(SPONSOR), desk.notes(SPONSOR)) == ([], [])


def test_the_blinded_hear_of_no_finding_that_a_review_can_make():
    """Nobody reviews where there is no alert: a forged review would tell of one."""
    said = {"kind": "finding", "pages": False, "tracked": False}
    kinds = ("quarantined", "conflict", "silent_site")
    desk = blinded(*(wire(id=each, watch=f"finding/{each}", **said) for each in kinds))

    assert desk.sends(SPONSOR) == [("silent_site", 1)]


def test_the_bell_of_the_blinded_rings_for_a_day_whatever_members_do():
    """Its end must not tell when the alert was closed, nor that it was not."""
    case = {"kind": "case", "watch": "rule/deaths"}
    desk = blinded(wire(**case), closing(2, **case)).sent(SPONSOR, 1, at=100)
    day = 24 * 3600

    (notice,) = firing(desk.standing, desk.plan, SPONSOR, 100 + day - 1)
    assert notice.ends(100 + day - 1) == 100 + day and notice.ended == ()
    assert list(firing(desk.standing, desk.plan, SPONSOR, 100 + day)) == []


def test_what_the_blinded_were_told_does_not_count_as_delivered():
    """It is for those who must act that the safety net counts."""
    desk = blinded(wire(kind="case")).sent(BOARD, 1, at=0).sent(BELL, 1, at=0)
    assert delivered(desk.standing, desk.plan) == {"PRODERM": 1}

    alone = BLINDED.replace('name = "board"\n', 'name = "board"\nstudies = ["OTHER"]\n')
    desk.plan = deployment(alone)
    desk.sent(SPONSOR, 1, at=0)
    assert delivered(desk.standing, desk.plan) == {"PRODERM": 0}
