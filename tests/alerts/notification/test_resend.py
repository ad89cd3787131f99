"""What an Alertmanager hears again, from when and for how long."""

from __future__ import annotations

from dataclasses import replace

import pytest

from alerts.notification.audiences import Visibility, parse_routing_config
from alerts.notification.due import FIRING_HOURS, firing_notifications
from alerts.notification.notification_log import Route
from tests.alerts.notification.published_alerts import (
    ALERTMANAGER,
    BOARD,
    DELIVERY_FILE,
    HALF_AN_HOUR,
    DeliveryScenario,
    acknowledgement,
    alert_bytes,
    closure,
)

SIREN = Route("chair", "siren")
SIREN_FILE = DELIVERY_FILE.replace('sinks = ["phone"]', 'sinks = ["phone", "siren"]').replace(
    "[[audience]]",
    '[[sink]]\nname = "siren"\nkind = "alertmanager"\nurl = "http://siren:9093"\n\n[[audience]]',
    1,
)
"""The delivery file with an Alertmanager on the route to which the board's alerts escalate."""


def scenario_with_siren() -> DeliveryScenario:
    """An alert that the board was sent at time 100."""
    scenario = DeliveryScenario(config=parse_routing_config(SIREN_FILE))
    return scenario.publish(alert_bytes()).log_sent(BOARD, 1, at=100)


def heard(scenario: DeliveryScenario, route: Route, now: float) -> list[tuple[str, int]]:
    """Alert id and revision of all that is posted again on *route* at *now*."""
    found = firing_notifications(scenario.state, scenario.config, route, now)
    return [(each.alert.id, each.alert.revision) for each in found]


def test_an_alertmanager_on_an_escalation_route_hears_nothing_before_the_escalation():
    """Its posts are repeated each minute; before its turn there is nothing to repeat."""
    scenario = scenario_with_siren()

    assert heard(scenario, SIREN, 100 + HALF_AN_HOUR - 1) == []
    assert heard(scenario, SIREN, 100 + HALF_AN_HOUR) == [("1f0c", 1)]
    assert heard(scenario, ALERTMANAGER, 100) == [("1f0c", 1)]


def test_an_acknowledged_alert_never_fires_on_the_escalation_route():
    """The board has answered in time, so the chair's Alertmanager stays silent for good."""
    scenario = scenario_with_siren().publish(acknowledgement(2))

    assert heard(scenario, SIREN, 1e9) == []
    assert heard(scenario, ALERTMANAGER, 1e9) == [("1f0c", 2)]


def test_an_alert_that_has_escalated_fires_until_it_is_closed():
    """An acknowledgement after the escalation does not silence it."""
    scenario = scenario_with_siren().log_sent(SIREN, 1, at=100 + HALF_AN_HOUR)
    scenario.publish(acknowledgement(2))

    assert heard(scenario, SIREN, 100 + HALF_AN_HOUR + 60) == [("1f0c", 2)]


@pytest.mark.parametrize(
    ("hours_after", "is_heard"), [(FIRING_HOURS + 1, True), (FIRING_HOURS + 1 + 1 / 3600, False)]
)
def test_an_ended_alert_is_repeated_for_an_hour_longer_than_a_page_fires(
    hours_after: float, is_heard: bool
):
    """The last page may have been posted shortly before the close was known elsewhere."""
    scenario = DeliveryScenario().publish(alert_bytes(), closure(2))
    scenario.log_sent(ALERTMANAGER, 2, at=1_000)

    assert bool(heard(scenario, ALERTMANAGER, 1_000 + 3600 * hours_after)) is is_heard


def test_an_ended_alert_whose_end_was_never_sent_is_posted_however_late():
    """The close of an alert that fires must arrive, whenever the deliverer comes back."""
    scenario = DeliveryScenario().publish(alert_bytes(), closure(2)).log_sent(ALERTMANAGER, 1, at=0)

    assert heard(scenario, ALERTMANAGER, 1e9) == [("1f0c", 2)]


def test_a_page_fires_for_a_day_after_each_post_and_for_a_blinded_audience_after_the_first():
    """A later end would tell a blinded reader that members have not closed the alert yet."""
    notification = DeliveryScenario().publish(alert_bytes()).due_notification(ALERTMANAGER, 500)
    blinded = replace(
        notification, audience=replace(notification.audience, visibility=Visibility.POOLED)
    )

    assert notification.ends_at(500 + 60) == 560 + 24 * 3600
    assert blinded.audience.is_blinded and not notification.audience.is_blinded
    assert blinded.ends_at(500 + 60) == 500 + 24 * 3600
