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
    DELIVERY_CAUGHT_UP,
    NOTIFICATION_FAILURES,
    NOTIFICATIONS,
    SIGNALS_DELIVERED,
)
from streams.metrics.families import metric_family


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
    delivered_counts: Mapping[str, int] = field(default_factory=dict[str, int])
    caught_up_at: dict[int, int] = field(default_factory=dict[int, int])
    failure_reasons: dict[tuple[int, Route], str] = field(
        default_factory=dict[tuple[int, Route], str]
    )

    def __post_init__(self) -> None:
        names = list(self.channels)
        self.attempts = Counter(dict.fromkeys(names, 0))
        self.failures = Counter(dict.fromkeys(names, 0))

    def set_partitions(self, partitions: Iterable[int]) -> None:
        """These partitions are ours now, and no others."""
        self.caught_up_at = dict.fromkeys(partitions, 0)
        self.failure_reasons = {
            each: why for each, why in self.failure_reasons.items() if each[0] in self.caught_up_at
        }

    def count_attempt(self, channel: str, *, failed: bool) -> None:
        """Something was sent by *channel*, or was not for it *failed*."""
        assert channel in self.attempts, "a channel is named by the settings"
        self.attempts[channel] += 1
        self.failures[channel] += failed

    def set_failure_reason(self, partition: int, route: Route, reason: str) -> None:
        """On *route* notices of *partition* are not taken for what *why* says, or are if empty."""
        self.failure_reasons[partition, route] = reason

    def mark_caught_up(self, partition: int) -> None:
        """The alerts and the ledger of *partition* are read to their ends."""
        self.caught_up_at[partition] = int(self.clock())

    def set_delivered_counts(self, delivered: Mapping[str, int]) -> None:
        """By study, of how many alerts the latest paging revision is *delivered* everywhere."""
        self.delivered_counts = dict(delivered)

    def collect(self) -> Iterator[Family]:
        """All of it, whenever it is asked for."""
        yield metric_family(
            SIGNALS_DELIVERED, {(study,): count for study, count in self.delivered_counts.items()}
        )
        yield metric_family(
            NOTIFICATIONS, {(name,): count for name, count in self.attempts.items()}
        )
        yield metric_family(
            NOTIFICATION_FAILURES, {(name,): count for name, count in self.failures.items()}
        )
        yield metric_family(CHANNEL_FAILING, self.failing_channels())
        yield metric_family(
            DELIVERY_CAUGHT_UP, {(str(each),): at for each, at in self.caught_up_at.items()}
        )

    def failing_channels(self) -> dict[tuple[str, ...], float]:
        """By channel and reason; what is wrong is ours or the receiver's, in a few words."""
        failing = {
            (route.sink, why): 1.0 for (_, route), why in self.failure_reasons.items() if why
        }
        healthy = self.attempts.keys() - {channel for channel, _ in failing}
        return {**{(channel, ""): 0.0 for channel in healthy}, **failing}
