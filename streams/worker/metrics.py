"""What a worker exports: collected when it is asked for, from what it counts and holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version

from prometheus_client import Metric as Family
from prometheus_client.registry import Collector

from streams.metrics import catalogue as c
from streams.metrics.families import Values, distribution, family
from streams.metrics.figures import SECONDS_A_DAY, Figures
from streams.metrics.pages import Heard, Page, pages
from streams.settings import Settings
from streams.worker.figure_cache import Survey
from streams.worker.worker import Worker


def worker_pages(settings: Settings, survey: Survey, heard: Heard | None = None) -> list[Page]:
    """The pages that a worker serves.  Raises NoToken; *heard* is told who asks for closed ones."""
    worker = survey.worker
    numbers = OpenNumbers(worker, survey, settings.log_partitions)
    return pages(settings, open=[numbers], closed=[ClosedNumbers(worker, survey)], heard=heard)


@dataclass(slots=True, eq=False)
class OpenNumbers(Collector):
    """What anybody may see of *worker*, whose log has so many *partitions*."""

    worker: Worker
    survey: Survey
    partitions: int

    def collect(self) -> Iterator[Family]:
        """All of it, as of now."""
        worker, meter = self.worker, self.worker.meter
        held = {str(number): each for number, each in worker.held.items()}
        lags = {(number,): worker.lags.get(int(number), 0) for number in held}
        stopped = {(number,): each.lane.stopped is not None for number, each in held.items()}
        yield family(c.BUILD, {(version("tocsin"),): 1})
        yield family(c.LOG_PARTITIONS, {(): self.partitions})
        yield family(c.RECORDS, self.records())
        yield family(c.PROCESSED, {(study,): self.processed(study) for study in self.studies()})
        yield family(c.CAUGHT_UP, {(str(n),): at for n, at in meter.caught_up.items()})
        yield family(c.STOPPED, stopped)
        yield family(c.LAG, lags)
        yield distribution(c.APPLY, meter.applies)
        yield family(c.CONFLICTS, {(): meter.conflicts})
        yield family(c.EXPOSURE, {(name,): f.days * SECONDS_A_DAY for name, f in self.figures()})
        yield family(c.CASES, {(name,): f.cases for name, f in self.figures()})

    def records(self) -> Values:
        """Records by study and outcome, each from zero on."""
        found = {(c.NO_STUDY, each): float(self.worker.meter.none[each]) for each in c.OUTCOMES}
        for study in self.studies():
            found |= {(study, each): 0.0 for each in c.OUTCOMES}
        for studies in self.worker.meter.records.values():
            for study, outcomes in studies.items():
                found |= {(study, each): float(outcomes[each]) for each in c.OUTCOMES}
        return found

    def studies(self) -> set[str]:
        """Every study of the partitions that are held, counted or not."""
        found = {study for each in self.worker.meter.records.values() for study in each}
        for held in self.worker.held.values():
            if held.lane.work is not None:
                found |= held.lane.work.cursor.positions.keys()
        return found

    def processed(self, study: str) -> int:
        """When a record of *study* was last put into the store; 0 is never."""
        return max((each.get(study, 0) for each in self.worker.meter.processed.values()), default=0)

    def figures(self) -> Iterator[tuple[str, Figures]]:
        """The figures of every study of the partitions that are held."""
        return held_figures(self.worker, self.survey)


@dataclass(slots=True, eq=False)
class ClosedNumbers(Collector):
    """What only the board and its statistician may see of *worker*."""

    worker: Worker
    survey: Survey

    def collect(self) -> Iterator[Family]:
        """All of it, as of now."""
        found = sorted(held_figures(self.worker, self.survey), key=lambda each: each[0])
        meter = self.worker.meter
        yield family(c.EVENTS, {(s, *g): n for s, f in found for g, n in f.events.items()})
        yield family(
            c.EVENT_EXPOSURE,
            {(s, *g): n * SECONDS_A_DAY for s, f in found for g, n in f.days_at_risk.items()},
        )
        yield family(c.E_VALUE, {(s, w): e for s, f in found for w, e in f.e_values.items()})
        yield family(c.BOUNDARY, {(s, w): e for s, f in found for w, e in f.boundaries.items()})
        yield family(c.ACTIVE, {(s, each): f.active[each] for s, f in found for each in c.LEVELS})
        yield family(c.RAISED, {(s,): f.raised for s, f in found})
        yield family(c.MOVES, {(s, each): f.moves[each] for s, f in found for each in c.ANSWERS})
        yield family(c.LOOKS, {(s,): self.looks(s) for s, _ in found})
        yield distribution(c.LATENCY, meter.latency)
        yield family(c.SURVEY_FAILURES, {(): self.survey.failures})
        yield family(c.UNTOLD, dict(self.untold()))

    def untold(self) -> Iterator[tuple[tuple[str], float]]:
        """By partition, for how long something has been waiting to be told."""
        for number, held in self.worker.held.items():
            if held.relay is not None:
                yield (str(number),), round(held.relay.waiting_seconds, 3)

    def looks(self, study: str) -> int:
        """How often a watch of *study* was judged."""
        return sum(each[study] for each in self.worker.meter.looks.values())


def held_figures(worker: Worker, survey: Survey) -> Iterator[tuple[str, Figures]]:
    """The figures of every study of the partitions that are held: of others they go at once."""
    for partition, studies in survey.found.items():
        if partition in worker.held:
            yield from studies.items()
