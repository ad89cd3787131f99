"""Counts what the delivery process sends, for its closed metrics."""

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
    """Counts what one deliverer sends on each of its *channels*, the names of its sinks.

    Serve it with ``build_pages(settings, closed_collectors=(meter,))``.  The name of a channel
    comes from the delivery file, never from an alert.
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
        """Replace the owned partitions; forget the failure reasons of all others."""
        self.caught_up_at = dict.fromkeys(partitions, 0)
        self.failure_reasons = {
            each: why for each, why in self.failure_reasons.items() if each[0] in self.caught_up_at
        }

    def count_attempt(self, channel: str, *, failed: bool) -> None:
        """Count one attempt to send on *channel*, and its failure if it *failed*."""
        assert channel in self.attempts, "a channel is named by the settings"
        self.attempts[channel] += 1
        self.failures[channel] += failed

    def set_failure_reason(self, partition: int, route: Route, reason: str) -> None:
        """Set why *route* of *partition* fails; an empty *reason* means that it delivers."""
        self.failure_reasons[partition, route] = reason

    def mark_caught_up(self, partition: int) -> None:
        """Record that alerts and notification log of *partition* were read to their ends now."""
        self.caught_up_at[partition] = int(self.clock())

    def set_delivered_counts(self, delivered: Mapping[str, int]) -> None:
        """Set by study how many alerts have their latest page logged on every route."""
        self.delivered_counts = dict(delivered)

    def collect(self) -> Iterator[Family]:
        """Yield every metric of the delivery process as of now."""
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
        """Return 1 by channel and failure reason, and 0 by healthy channel and empty reason.

        A reason never quotes a notification.
        """
        failing = {
            (route.sink, why): 1.0 for (_, route), why in self.failure_reasons.items() if why
        }
        healthy = self.attempts.keys() - {channel for channel, _ in failing}
        return {**{(channel, ""): 0.0 for channel in healthy}, **failing}
