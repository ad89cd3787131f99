"""One alert's line from log to sinks on real services: what is put in, and who heard of it."""

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
"""The revisions that call people: raised, risen, and changed after a decision."""

ALERTMANAGER_CONFIG = """
route: {{receiver: ward, group_by: [ref, page], group_wait: 0s, group_interval: 1s}}
receivers: [{{name: ward, webhook_configs: [{{url: "{url}", send_resolved: true}}]}}]
"""
"""The Alertmanager calls a receiver of its own, so that what it was told shows there."""


@dataclass
class LiveSystem:
    """The line, and who is told: *pager* by us, *ward* by the Alertmanager *bell*.

    *home* is the partition of the study; *bus* is whether another hospital is told too.
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
        """Put the records of ProDERM before *through* into the log; the offset of the last."""
        values, self.records_sent = PRODERM[self.records_sent : through], through
        return self.site.send(values, STUDY, self.partition)

    def wait_for_revision(self, revision: int) -> None:
        """Wait until the receiver has a revision, and the ward the call if it is one."""
        wait_until(
            lambda: idempotency_key("pager", revision) in self.pager.keys, f"revision {revision}"
        )
        if revision in PAGED_REVISIONS:
            wait_until(
                lambda: self.page_counts()[revision, "firing"] > 0, f"the ward at {revision}"
            )

    def page_counts(self) -> Counter[tuple[int, str]]:
        """How often the ward was told of each call of the alert, that it rings or has ended."""
        pages = {page_pseudonym(SECRET, SIGNAL_ALERT_ID, each): each for each in PAGED_REVISIONS}
        bodies = [json.loads(body) for body in self.alertmanager_receiver.bodies]
        alerts = [alert for each in bodies for alert in each["alerts"]]
        return Counter(
            (pages[alert["labels"]["page"]], alert["status"])
            for alert in alerts
            if alert["labels"]["ref"] == pseudonym(SECRET, SIGNAL_ALERT_ID)
        )

    def make_move(self, move: str, state: str, shown: int) -> None:
        """A member makes a move on the revision that was *shown*, and everybody hears of it."""
        words = ("--member", "board-1", "--reason", "The cases were read.", "--json")
        done = self.site.tocsin("alerts", move, f"{SIGNAL_ALERT_ID}:{shown}", *words)
        assert done.returncode == 0, done.stderr
        result = json.loads(done.stdout)
        assert (result["outcome"], result["state"], result["revision"]) == (
            "accepted",
            state,
            shown + 1,
        )
        self.wait_for_revision(shown + 1)

    def shown_alert(self) -> Any:
        """What a member is shown of the alert."""
        done = self.site.tocsin("alerts", "show", SIGNAL_ALERT_ID, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def published_counts(self) -> Counter[str]:
        """How often each revision of the alert was announced, by its key."""
        keys = [each.key.decode() for each in self.site.topic_records()]
        return Counter(each for each in keys if each.startswith(SIGNAL_ALERT_ID))

    def bus_counts(self) -> Counter[str]:
        """How often the other hospital was told, by key."""
        return Counter(each.key.decode() for each in self.delivery.read_topic(BUS_TOPIC))

    def firing(self) -> set[str]:
        """For what the Alertmanager rings."""
        return {each["labels"]["ref"] for each in self.alertmanager.alerts()}


def idempotency_key(
    sink: str, revision: int, alert: str = SIGNAL_ALERT_ID, audience: str = "board"
) -> str:
    """Under which key a sink is told of a revision."""
    return pseudonym(
        SECRET, NotificationKey(Route(audience, sink), alert, revision).encode().decode()
    )


def same_partition_alert(alert: str) -> str:
    """The name of another alert in the partition of *alert*."""
    home = partition_of(alert, PARTITIONS)
    return next(
        name for n in range(99) if partition_of(name := f"{alert[:4]}-{n}", PARTITIONS) == home
    )
