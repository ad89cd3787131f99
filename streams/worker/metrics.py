"""Metrics of a worker, collected at each scrape from its counters and figures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version

from prometheus_client import Metric as Family
from prometheus_client.registry import Collector

from monitor.records import day_of
from streams.metrics import catalogue as c
from streams.metrics.families import LabeledValues, histogram_family, metric_family
from streams.metrics.figures import SECONDS_A_DAY, Figures
from streams.metrics.pages import MetricsPage, RequestLogger, build_pages
from streams.settings import Settings
from streams.worker.figure_cache import FigureCache
from streams.worker.worker import Worker


def worker_pages(
    settings: Settings, figure_cache: FigureCache, on_request: RequestLogger | None = None
) -> list[MetricsPage]:
    """Return the open and the closed metrics page of a worker, as far as *settings* enable them.

    *on_request* audits each request for the closed page.  Raises NoToken where the closed page is
    configured without a valid token.
    """
    worker = figure_cache.worker
    open_collector = OpenCollector(worker, figure_cache, settings.log_partitions)
    return build_pages(
        settings,
        open_collectors=[open_collector],
        closed_collectors=[ClosedCollector(worker, figure_cache)],
        log_request=on_request,
    )


@dataclass(slots=True, eq=False)
class OpenCollector(Collector):
    """Metrics of *worker* that anybody may see: none by treatment, of alerts, or of durations.

    *partition_count* is the configured number of partitions of the log.
    """

    worker: Worker
    figure_cache: FigureCache
    partition_count: int

    def collect(self) -> Iterator[Family]:
        """Yield every metric family with its values as of now."""
        worker, meter = self.worker, self.worker.meter
        owned = {str(number): each for number, each in worker.partitions.items()}
        lags = {(number,): worker.lags.get(int(number), 0) for number in owned}
        stopped = {(number,): each.processor.stopped is not None for number, each in owned.items()}
        yield metric_family(c.BUILD_INFO, {(version("tocsin"),): 1})
        yield metric_family(c.LOG_PARTITIONS, {(): self.partition_count})
        yield metric_family(c.RECORDS, self.record_counts())
        yield metric_family(
            c.LAST_CAUGHT_UP, {(str(n),): at for n, at in meter.caught_up_at.items()}
        )
        yield metric_family(c.PARTITION_STOPPED, stopped)
        yield metric_family(c.CONSUMER_LAG, lags)
        yield metric_family(c.STORE_CONFLICTS, {(): meter.conflicts})
        yield metric_family(
            c.EXPOSURE, {(name,): f.person_days * SECONDS_A_DAY for name, f in self.figures()}
        )
        yield metric_family(c.CASES, {(name,): f.cases for name, f in self.figures()})
        today = day_of(int(meter.clock()))
        ages = {
            (name,): (today - f.as_of) * SECONDS_A_DAY
            for name, f in self.figures()
            if f.as_of is not None
        }
        yield metric_family(c.AS_OF_AGE, ages)
        yield metric_family(c.DATES_AHEAD, {(name,): f.days_ahead for name, f in self.figures()})

    def record_counts(self) -> LabeledValues:
        """Return the records by study and outcome; every series starts at zero."""
        counts = {
            (c.NO_STUDY, each): float(self.worker.meter.no_study[each]) for each in c.OUTCOMES
        }
        for study in owned_studies(self.worker):
            counts |= {(study, each): 0.0 for each in c.OUTCOMES}
        for studies in self.worker.meter.record_outcomes.values():
            for study, outcomes in studies.items():
                counts |= {(study, each): float(outcomes[each]) for each in c.OUTCOMES}
        return counts

    def figures(self) -> Iterator[tuple[str, Figures]]:
        """Yield the figures of every study of the owned partitions."""
        return owned_figures(self.worker, self.figure_cache)


@dataclass(slots=True, eq=False)
class ClosedCollector(Collector):
    """Metrics of *worker* by treatment and of alerts, for the board and its statistician only."""

    worker: Worker
    figure_cache: FigureCache

    def collect(self) -> Iterator[Family]:
        """Yield every metric family with its values as of now."""
        figures = sorted(owned_figures(self.worker, self.figure_cache), key=lambda each: each[0])
        meter = self.worker.meter
        yield metric_family(c.EVENTS, {(s, *g): n for s, f in figures for g, n in f.events.items()})
        yield metric_family(
            c.EVENT_EXPOSURE,
            {
                (s, *g): n * SECONDS_A_DAY
                for s, f in figures
                for g, n in f.person_days_at_risk.items()
            },
        )
        yield metric_family(
            c.E_VALUE, {(s, w): e for s, f in figures for w, e in f.e_values.items()}
        )
        yield metric_family(
            c.BOUNDARY, {(s, w): e for s, f in figures for w, e in f.boundaries.items()}
        )
        yield metric_family(
            c.SIGNALS_ACTIVE,
            {(s, each): f.active_by_level[each] for s, f in figures for each in c.LEVELS},
        )
        yield metric_family(c.SIGNALS_RAISED, {(s,): f.raised_count for s, f in figures})
        yield metric_family(
            c.MOVES,
            {(s, each): f.moves_by_result[each] for s, f in figures for each in c.MOVE_RESULTS},
        )
        yield metric_family(c.LOOKS, {(s,): self.looks(s) for s, _ in figures})
        studies = owned_studies(self.worker)
        yield metric_family(c.LAST_PROCESSED, {(s,): self.last_processed(s) for s in studies})
        yield histogram_family(c.APPLY_DURATION, meter.apply_durations)
        yield histogram_family(c.DETECTION_LATENCY, meter.detection_latency)
        yield metric_family(c.FIGURE_FAILURES, {(): self.figure_cache.failures})
        yield metric_family(c.OUTBOX_PENDING, dict(self.outbox_waits()))

    def outbox_waits(self) -> Iterator[tuple[tuple[str], float]]:
        """Yield, by partition, the seconds for which the oldest outbox entry is unpublished."""
        for number, owned in self.worker.partitions.items():
            if owned.relay is not None:
                yield (str(number),), round(owned.relay.waiting_seconds, 3)

    def last_processed(self, study: str) -> int:
        """Return when a record of *study* was last written, in seconds since 1970; 0 is never."""
        return max(
            (each.get(study, 0) for each in self.worker.meter.processed_at.values()), default=0
        )

    def looks(self, study: str) -> int:
        """Return how often a watch of *study* was evaluated."""
        return sum(each[study] for each in self.worker.meter.looks.values())


def owned_studies(worker: Worker) -> set[str]:
    """Return every study of the owned partitions, with or without counted records."""
    names = {study for each in worker.meter.record_outcomes.values() for study in each}
    for owned in worker.partitions.values():
        if owned.processor.working_set is not None:
            names |= owned.processor.working_set.cursor.positions.keys()
    return names


def owned_figures(worker: Worker, figure_cache: FigureCache) -> Iterator[tuple[str, Figures]]:
    """Yield the figures of every study of the owned partitions.

    A reassigned partition is left out at once, even before the next refresh drops it.
    """
    for partition, studies in figure_cache.figures_by_partition.items():
        if partition in worker.partitions:
            yield from studies.items()
