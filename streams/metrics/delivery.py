"""Counts what the delivery process sends, for its own closed page."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client import Metric as Family
from prometheus_client.registry import Collector

from alerts.notification.notification_log import Route
from streams.metrics.catalogue import (
    CHANNEL_FAILING,
    DELIVERED,
    DELIVERY_CAUGHT_UP,
    NOTIFICATION_FAILURES,
    NOTIFICATIONS,
)
from streams.metrics.families import family


@dataclass(slots=True, eq=False)
class DeliveryMeter(Collector):
    """What one deliverer has sent by each of its *channels*, the names of its sinks.

    Serve it with ``pages(settings, closed=(meter,))``.  A name of a channel comes from the
    settings, never from an alert.
    """

    channels: Iterable[str]
    clock: Callable[[], float] = time.time
    attempts: Counter[str] = field(init=False)
    failures: Counter[str] = field(init=False)
    delivered: Mapping[str, int] = field(default_factory=dict[str, int])
    caught_up: dict[int, int] = field(default_factory=dict[int, int])
    failing: dict[tuple[int, Route], str] = field(default_factory=dict[tuple[int, Route], str])

    def __post_init__(self) -> None:
        names = list(self.channels)
        self.attempts = Counter(dict.fromkeys(names, 0))
        self.failures = Counter(dict.fromkeys(names, 0))

    def hold(self, partitions: Iterable[int]) -> None:
        """These partitions are ours now, and no others."""
        self.caught_up = dict.fromkeys(partitions, 0)
        self.failing = {
            each: why for each, why in self.failing.items() if each[0] in self.caught_up
        }

    def tried(self, channel: str, *, failed: bool) -> None:
        """Something was sent by *channel*, or was not for it *failed*."""
        assert channel in self.attempts, "a channel is named by the settings"
        self.attempts[channel] += 1
        self.failures[channel] += failed

    def stands(self, partition: int, route: Route, why: str) -> None:
        """On *route* notices of *partition* are not taken for what *why* says, or are if empty."""
        self.failing[partition, route] = why

    def is_caught_up(self, partition: int) -> None:
        """The alerts and the ledger of *partition* are read to their ends."""
        self.caught_up[partition] = int(self.clock())

    def have(self, delivered: Mapping[str, int]) -> None:
        """By study, of how many alerts the latest paging revision is *delivered* everywhere."""
        self.delivered = dict(delivered)

    def collect(self) -> Iterator[Family]:
        """All of it, whenever it is asked for."""
        yield family(DELIVERED, {(study,): count for study, count in self.delivered.items()})
        yield family(NOTIFICATIONS, {(name,): count for name, count in self.attempts.items()})
        yield family(
            NOTIFICATION_FAILURES, {(name,): count for name, count in self.failures.items()}
        )
        yield family(CHANNEL_FAILING, self.channels_failing())
        yield family(DELIVERY_CAUGHT_UP, {(str(each),): at for each, at in self.caught_up.items()})

    def channels_failing(self) -> dict[tuple[str, ...], float]:
        """By channel and reason; what is wrong is ours or the receiver's, in a few words."""
        found = {(route.sink, why): 1.0 for (_, route), why in self.failing.items() if why}
        fine = self.attempts.keys() - {channel for channel, _ in found}
        return {**{(channel, ""): 0.0 for channel in fine}, **found}
