"""What the blinded are told is what would be the same had others had the other treatment."""

from __future__ import annotations

from alerts.notification.audiences import parse_routing_config
from alerts.notification.due import count_delivered, firing_notifications
from alerts.notification.notification_log import Route
from tests.alerts.notification.published_alerts import (
    ALERTMANAGER,
    BOARD,
    DELIVERY_FILE,
    DeliveryScenario,
    acknowledgement,
    alert_bytes,
    closure,
)

SPONSOR = Route("sponsor", "open-bell")
BLINDED_FILE = (
    DELIVERY_FILE
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


def blinded_scenario(*values: bytes) -> DeliveryScenario:
    """A desk whose delivery file has a blinded audience."""
    return DeliveryScenario(config=parse_routing_config(BLINDED_FILE)).publish(*values)


def test_the_blinded_hear_that_a_case_was_reported_and_nothing_that_members_did():
    """Decided, reopened, closed: who decides knows the arms; a backlog must not hide the first."""
    case = {"kind": "case", "watch": "rule/deaths"}
    desk = blinded_scenario(alert_bytes(**case), acknowledgement(2, **case), closure(3, **case))
    desk.publish(alert_bytes(id="2a"), alert_bytes(id="2b", revision=2, move="change", **case))

    assert desk.due_to_send(SPONSOR) == [("1f0c", 1)] and desk.due_to_log(SPONSOR) == []
    assert desk.due_to_send(BOARD) == [("1f0c", 3), ("2a", 1), ("2b", 2)]
    desk.log_sent(SPONSOR, 1, at=0)
    assert (desk.due_to_send(SPONSOR), desk.due_to_log(SPONSOR)) == ([], [])


def test_the_blinded_hear_of_no_finding_that_a_review_can_make():
    """Nobody reviews where there is no alert: a forged review would tell of one."""
    said = {"kind": "finding", "pages": False, "tracked": False}
    kinds = ("quarantined", "conflict", "silent_site")
    desk = blinded_scenario(
        *(alert_bytes(id=each, watch=f"finding/{each}", **said) for each in kinds)
    )

    assert desk.due_to_send(SPONSOR) == [("silent_site", 1)]


def test_the_bell_of_the_blinded_rings_for_a_day_whatever_members_do():
    """Its end must not tell when the alert was closed, nor that it was not."""
    case = {"kind": "case", "watch": "rule/deaths"}
    desk = blinded_scenario(alert_bytes(**case), closure(2, **case)).log_sent(SPONSOR, 1, at=100)
    day = 24 * 3600

    (notice,) = firing_notifications(desk.state, desk.config, SPONSOR, 100 + day - 1)
    assert notice.ends_at(100 + day - 1) == 100 + day and notice.resolved == ()
    assert list(firing_notifications(desk.state, desk.config, SPONSOR, 100 + day)) == []


def test_what_the_blinded_were_told_does_not_count_as_delivered():
    """It is for those who must act that the safety net counts."""
    desk = (
        blinded_scenario(alert_bytes(kind="case"))
        .log_sent(BOARD, 1, at=0)
        .log_sent(ALERTMANAGER, 1, at=0)
    )
    assert count_delivered(desk.state, desk.config) == {"PRODERM": 1}

    alone = BLINDED_FILE.replace('name = "board"\n', 'name = "board"\nstudies = ["OTHER"]\n')
    desk.config = parse_routing_config(alone)
    desk.log_sent(SPONSOR, 1, at=0)
    assert count_delivered(desk.state, desk.config) == {"PRODERM": 0}
