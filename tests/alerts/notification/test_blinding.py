"""A blinded audience receives nothing that would differ had the treatments been exchanged."""

from __future__ import annotations

from alerts.notification.audiences import parse_routing_config
from alerts.notification.delivered import count_delivered
from alerts.notification.due import firing_notifications
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
    """A delivery scenario whose delivery file has a blinded audience."""
    return DeliveryScenario(config=parse_routing_config(BLINDED_FILE)).publish(*values)


def test_a_blinded_audience_is_sent_the_first_revision_of_a_case_and_no_moves():
    """Members know the arms, so moves reveal them; a backlog must not hide the first revision."""
    case = {"kind": "case", "watch": "rule/deaths"}
    scenario = blinded_scenario(alert_bytes(**case), acknowledgement(2, **case), closure(3, **case))
    scenario.publish(alert_bytes(id="2a"), alert_bytes(id="2b", revision=2, move="change", **case))

    assert scenario.due_to_send(SPONSOR) == [("1f0c", 1)] and scenario.due_to_log(SPONSOR) == []
    assert scenario.due_to_send(BOARD) == [("1f0c", 3), ("2a", 1), ("2b", 2)]
    scenario.log_sent(SPONSOR, 1, at=0)
    assert (scenario.due_to_send(SPONSOR), scenario.due_to_log(SPONSOR)) == ([], [])


def test_a_blinded_audience_is_sent_no_finding_that_a_review_can_cause():
    """A forged review could cause a finding, and so reveal whether an alert exists."""
    fields = {"kind": "finding", "pages": False, "tracked": False}
    kinds = ("quarantined", "conflict", "silent_site")
    scenario = blinded_scenario(
        *(alert_bytes(id=each, watch=f"finding/{each}", **fields) for each in kinds)
    )

    assert scenario.due_to_send(SPONSOR) == [("silent_site", 1)]


def test_an_alert_of_a_blinded_audience_fires_for_a_day_despite_moves():
    """The end of the firing period must not reveal whether or when the alert was closed."""
    case = {"kind": "case", "watch": "rule/deaths"}
    scenario = blinded_scenario(alert_bytes(**case), closure(2, **case)).log_sent(
        SPONSOR, 1, at=100
    )
    day = 24 * 3600

    (notification,) = firing_notifications(scenario.state, scenario.config, SPONSOR, 100 + day - 1)
    assert notification.ends_at(100 + day - 1) == 100 + day and notification.resolved == ()
    assert list(firing_notifications(scenario.state, scenario.config, SPONSOR, 100 + day)) == []


def test_notifications_of_a_blinded_audience_do_not_count_as_delivered():
    """The count of delivered signals is for the audiences that must act."""
    scenario = (
        blinded_scenario(alert_bytes(kind="case"))
        .log_sent(BOARD, 1, at=0)
        .log_sent(ALERTMANAGER, 1, at=0)
    )
    assert count_delivered(scenario.state, scenario.config) == {"PRODERM": 1}

    blinded_only = BLINDED_FILE.replace('name = "board"\n', 'name = "board"\nstudies = ["OTHER"]\n')
    scenario.config = parse_routing_config(blinded_only)
    scenario.log_sent(SPONSOR, 1, at=0)
    assert count_delivered(scenario.state, scenario.config) == {"PRODERM": 0}
