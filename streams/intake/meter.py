"""Counts requests and lines of the intake, for its open metrics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from prometheus_client import Metric as Family
from prometheus_client.registry import Collector

from streams.metrics.catalogue import INTAKE_LINE_RESULTS, INTAKE_LINES, INTAKE_REQUESTS
from streams.metrics.families import metric_family


@dataclass(slots=True, eq=False)
class IntakeMeter(Collector):
    """Counts answers by *routes* and status, and lines by *studies* and result.

    Both are known from the request and the broker alone: no count depends on the fold.
    """

    routes: Iterable[str]
    studies: Iterable[str]
    answers: Counter[tuple[str, str]] = field(init=False)
    lines: Counter[tuple[str, str]] = field(init=False)

    def __post_init__(self) -> None:
        self.answers = Counter({(each, "202"): 0 for each in self.routes})
        self.lines = Counter(
            {(study, result): 0 for study in self.studies for result in INTAKE_LINE_RESULTS}
        )

    def count_answer(self, route: str, status: int) -> None:
        """Count an answer.  After a wait for the fold it counts like one without it."""
        self.answers[route, str(202 if status == 200 else status)] += 1

    def count_lines(self, study: str, result: str, count: int) -> None:
        """Count lines of *study*, which is one of those that the file of clients names."""
        assert result in INTAKE_LINE_RESULTS
        self.lines[study, result] += count

    def collect(self) -> Iterator[Family]:
        """Yield every metric of the intake as of now."""
        yield metric_family(INTAKE_REQUESTS, dict(self.answers))
        yield metric_family(INTAKE_LINES, dict(self.lines))
