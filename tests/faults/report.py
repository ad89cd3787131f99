"""Formats the faults and the findings of a campaign as a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import reduce
from operator import add

from tests.faults.judge import Verdict
from tests.faults.phases import PhaseResult


def report_text(results: Sequence[PhaseResult]) -> str:
    """Return the tables of all phases, then the comparison and the verdict."""
    return "\n".join([*count_by_kind(results), "", *comparison_lines(results)])


def count_by_kind(results: Sequence[PhaseResult]) -> Iterator[str]:
    """Yield a line per phase and kind: faults, and those with records not folded yet."""
    yield f"{'phase':<22}{'fault':<18}{'count':>6}{'folding':>9}"
    for result in results:
        for kind, count in sorted(result.kinds.items()):
            yield f"{result.phase:<22}{kind:<18}{count:>6}{result.while_folding[kind]:>9}"
    kinds = sum((result.kinds for result in results), Counter[str]())
    while_folding = sum((result.while_folding for result in results), Counter[str]())
    yield f"{'all':<40}{kinds.total():>6}{while_folding.total():>9}"


def comparison_lines(results: Sequence[PhaseResult]) -> Iterator[str]:
    """Yield what was compared, the differences and the verdict."""
    total = reduce(add, (result.verdict for result in results), Verdict())
    seconds, without_progress = (
        sum(result.seconds for result in results),
        sum(result.without_progress for result in results),
    )
    yield f"{seconds:.0f} s; after {without_progress} faults no record was folded for 25 s"
    yield (
        f"{sum(result.idle_kills for result in results)} workers were killed while "
        f"no worker had a partition"
    )
    exits = sum((result.exit_messages for result in results), Counter[str]())
    for message, count in exits.most_common():
        yield f"  {count} workers ended by themselves: {message}"
    yield f"compared: {total.records} records, {total.studies} rows, {total.markers} markers,"
    yield (
        f"  {total.alerts} alerts and {total.dead_letters} dead letters, published "
        f"{total.published} times"
    )
    yield f"records: lost {total.missing}, counted twice {total.doubled}"
    yield f"differing: {total.wrong_rows} rows, {total.wrong_cursors} cursors"
    yield (
        f"messages: lost {total.lost}, phantom {total.phantom}, "
        f"other payload {total.wrong_payloads}"
    )
    yield from total.errors[:20]
    yield "PASSED" if total.passed else "FAILED"
