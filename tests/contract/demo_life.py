"""One alert's line from log to sinks on real services: what is put in, and who heard of it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

from alerts.notification.blinding import page_ref, ref
from alerts.notification.notification_log import Key, Route
from streams.kafka.partitioner import partition_of
from streams.local.alertmanager_server import AlertmanagerServer
from tests.contract import deliverers
from tests.contract.deliverers import BUS, PARTITIONS
from tests.contract.processes import until
from tests.contract.workers import Site
from tests.streams.processor.processors import PRODERM, STUDY
from tests.streams.reviewed_log import SIGNAL
from tests.streams.sinks.webhook_receiver import SECRET, Receiver

CALLS = (1, 2, 6)
"""The revisions that call people: raised, risen, and changed after a decision."""

HOOKED = """
route: {{receiver: ward, group_by: [ref, page], group_wait: 0s, group_interval: 1s}}
receivers: [{{name: ward, webhook_configs: [{{url: "{url}", send_resolved: true}}]}}]
"""
"""The Alertmanager calls a receiver of its own, so that what it was told shows there."""


@dataclass
class Life:
    """The line, and who is told: *pager* by us, *ward* by the Alertmanager *bell*.

    *home* is the partition of the study; *bus* is whether another hospital is told too.
    """

    site: Site
    delivery: deliverers.Site
    bell: AlertmanagerServer
    pager: Receiver
    ward: Receiver
    home: int = partition_of(STUDY, 12)
    bus: bool = True
    sent: int = 0

    def produce(self, through: int) -> int:
        """Put the records of ProDERM before *through* into the log; the offset of the last."""
        values, self.sent = PRODERM[self.sent : through], through
        return self.site.send(values, STUDY, self.home)

    def hear(self, revision: int) -> None:
        """Wait until the receiver has a revision, and the ward the call if it is one."""
        until(lambda: key("pager", revision) in self.pager.keys, f"revision {revision}")
        if revision in CALLS:
            until(lambda: self.calls()[revision, "firing"] > 0, f"the ward at {revision}")

    def calls(self) -> Counter[tuple[int, str]]:
        """How often the ward was told of each call of the alert, that it rings or has ended."""
        pages = {page_ref(SECRET, SIGNAL, each): each for each in CALLS}
        told = [json.loads(body) for body in self.ward.bodies]
        alerts = [alert for each in told for alert in each["alerts"]]
        return Counter(
            (pages[alert["labels"]["page"]], alert["status"])
            for alert in alerts
            if alert["labels"]["ref"] == ref(SECRET, SIGNAL)
        )

    def act(self, move: str, state: str, shown: int) -> None:
        """A member makes a move on the revision that was *shown*, and everybody hears of it."""
        words = ("--member", "board-1", "--reason", "The cases were read.", "--json")
        done = self.site.tocsin("alerts", move, f"{SIGNAL}:{shown}", *words)
        assert done.returncode == 0, done.stderr
        said = json.loads(done.stdout)
        assert (said["outcome"], said["state"], said["revision"]) == ("accepted", state, shown + 1)
        self.hear(shown + 1)

    def shown(self) -> Any:
        """What a member is shown of the alert."""
        done = self.site.tocsin("alerts", "show", SIGNAL, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def announced(self) -> Counter[str]:
        """How often each revision of the alert was announced, by its key."""
        keys = [each.key.decode() for each in self.site.told()]
        return Counter(each for each in keys if each.startswith(SIGNAL))

    def called(self) -> Counter[str]:
        """How often the other hospital was told, by key."""
        return Counter(each.key.decode() for each in self.delivery.read(BUS))

    def ringing(self) -> set[str]:
        """For what the Alertmanager rings."""
        return {each["labels"]["ref"] for each in self.bell.alerts()}


def key(sink: str, revision: int, alert: str = SIGNAL, audience: str = "board") -> str:
    """Under which key a sink is told of a revision."""
    return ref(SECRET, Key(Route(audience, sink), alert, revision).wire().decode())


def beside(alert: str) -> str:
    """The name of another alert in the partition of *alert*."""
    home = partition_of(alert, PARTITIONS)
    return next(
        name for n in range(99) if partition_of(name := f"{alert[:4]}-{n}", PARTITIONS) == home
    )
