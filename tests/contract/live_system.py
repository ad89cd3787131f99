"""A worker, a deliverer and their receivers on real services, observed for one alert."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

from alerts.notification.blinding import page_pseudonym, pseudonym
from alerts.notification.notification_log import NotificationKey, Route
from streams.kafka.partitioner import partition_of
from streams.local.alertmanager_server import AlertmanagerServer
from tests.contract import deliverers
from tests.contract.deliverers import BUS_TOPIC, PARTITIONS
from tests.contract.processes import wait_until
from tests.contract.workers import WorkerSite
from tests.streams.processor.processors import PRODERM, STUDY
from tests.streams.reviewed_log import SIGNAL_ALERT_ID
from tests.streams.sinks.webhook_receiver import SECRET, WebhookReceiver

PAGED_REVISIONS = (1, 2, 6)
"""The revisions that page: raised, raised to signal, and data changed after a decision."""

ALERTMANAGER_CONFIG = """
route: {{receiver: ward, group_by: [ref, page], group_wait: 0s, group_interval: 1s}}
receivers: [{{name: ward, webhook_configs: [{{url: "{url}", send_resolved: true}}]}}]
"""
"""The Alertmanager notifies a webhook of the test, which records the pages."""


@dataclass
class LiveSystem:
    """The services and receivers of the test, for the study of ProDERM.

    Tocsin notifies *pager* itself; *alertmanager* notifies *alertmanager_receiver*.  *partition*
    is that of the study; *has_bus* is whether another hospital is notified by its Kafka topic.
    """

    site: WorkerSite
    delivery: deliverers.DelivererSite
    alertmanager: AlertmanagerServer
    pager: WebhookReceiver
    alertmanager_receiver: WebhookReceiver
    partition: int = partition_of(STUDY, 12)
    has_bus: bool = True
    records_sent: int = 0

    def produce(self, through: int) -> int:
        """Send the unsent ProDERM records before *through*, and return the last offset."""
        values, self.records_sent = PRODERM[self.records_sent : through], through
        return self.site.send(values, STUDY, self.partition)

    def wait_for_revision(self, revision: int) -> None:
        """Wait until the pager has *revision*, and until its page fires if it has one."""
        wait_until(
            lambda: idempotency_key("pager", revision) in self.pager.keys, f"revision {revision}"
        )
        if revision in PAGED_REVISIONS:
            wait_until(
                lambda: self.page_counts()[revision, "firing"] > 0, f"the page of {revision}"
            )

    def page_counts(self) -> Counter[tuple[int, str]]:
        """How often the Alertmanager sent each page of the alert as firing or resolved."""
        pages = {page_pseudonym(SECRET, SIGNAL_ALERT_ID, each): each for each in PAGED_REVISIONS}
        bodies = [json.loads(body) for body in self.alertmanager_receiver.bodies]
        alerts = [alert for each in bodies for alert in each["alerts"]]
        return Counter(
            (pages[alert["labels"]["page"]], alert["status"])
            for alert in alerts
            if alert["labels"]["ref"] == pseudonym(SECRET, SIGNAL_ALERT_ID)
        )

    def make_move(self, move: str, state: str, shown: int) -> None:
        """Make a member's move on the revision *shown*, and wait until it is notified."""
        options = ("--member", "board-1", "--reason", "The cases were read.", "--json")
        completed = self.site.tocsin("alerts", move, f"{SIGNAL_ALERT_ID}:{shown}", *options)
        assert completed.returncode == 0, completed.stderr
        result = json.loads(completed.stdout)
        assert (result["outcome"], result["state"], result["revision"]) == (
            "accepted",
            state,
            shown + 1,
        )
        self.wait_for_revision(shown + 1)

    def shown_alert(self) -> Any:
        """The alert as `tocsin alerts show` prints it."""
        result = self.site.tocsin("alerts", "show", SIGNAL_ALERT_ID, "--json")
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)

    def published_counts(self) -> Counter[str]:
        """How often each revision of the alert was published, by its key."""
        keys = [each.key.decode() for each in self.site.topic_records()]
        return Counter(each for each in keys if each.startswith(SIGNAL_ALERT_ID))

    def bus_counts(self) -> Counter[str]:
        """The number of notifications of the other hospital, by key."""
        return Counter(each.key.decode() for each in self.delivery.read_topic(BUS_TOPIC))

    def firing(self) -> set[str]:
        """The pseudonyms of the alerts that fire in the Alertmanager."""
        return {each["labels"]["ref"] for each in self.alertmanager.alerts()}


def idempotency_key(
    sink: str, revision: int, alert: str = SIGNAL_ALERT_ID, audience: str = "board"
) -> str:
    """The idempotency key with which *sink* is notified of a revision."""
    return pseudonym(
        SECRET, NotificationKey(Route(audience, sink), alert, revision).encode().decode()
    )


def same_partition_alert(alert: str) -> str:
    """The id of another alert in the partition of *alert*."""
    partition = partition_of(alert, PARTITIONS)
    return next(
        name
        for number in range(99)
        if partition_of(name := f"{alert[:4]}-{number}", PARTITIONS) == partition
    )
