"""Says what a campaign did and what it found, as a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import reduce
from operator import add

from tests.faults.judge import Verdict
from tests.faults.legs import Struck


def shown(told: Sequence[Struck]) -> str:
    """The table of all legs."""
    return "\n".join([*by_kind(told), "", *compared(told)])


def by_kind(told: Sequence[Struck]) -> Iterator[str]:
    """How often each kind struck, in which leg, and how often records were then in hand."""
    yield f"{'leg':<22}{'fault':<18}{'count':>6}{'amid':>6}"
    for each in told:
        for kind, count in sorted(each.kinds.items()):
            yield f"{each.leg:<22}{kind:<18}{count:>6}{each.amid[kind]:>6}"
    kinds = sum((each.kinds for each in told), Counter[str]())
    amid = sum((each.amid for each in told), Counter[str]())
    yield f"{'all':<40}{kinds.total():>6}{amid.total():>6}"


def compared(told: Sequence[Struck]) -> Iterator[str]:
    """What was compared, and the verdict."""
    total = reduce(add, (each.verdict for each in told), Verdict())
    seconds, stuck = sum(each.seconds for each in told), sum(each.stuck for each in told)
    yield f"{seconds:.0f} s; after {stuck} faults nothing was folded for 25 s"
    yield f"{sum(each.idle for each in told)} workers were killed while nobody held a partition"
    ended = sum((each.ended for each in told), Counter[str]())
    for words, count in ended.most_common():
        yield f"  {count} workers ended by themselves: {words}"
    yield f"compared: {total.records} records, {total.studies} rows, {total.markers} markers,"
    yield f"  {total.alerts} alerts and {total.letters} dead letters, told {total.sent} times"
    yield f"records: lost {total.missing}, counted twice {total.doubled}"
    yield f"differing: {total.rows} rows, {total.cursors} cursors"
    yield f"told: lost {total.lost}, phantom {total.phantom}, other payload {total.payloads}"
    yield from total.says[:20]
    yield "PASSED" if total.good else "FAILED"
