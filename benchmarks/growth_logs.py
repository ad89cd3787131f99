"""Logs whose last records are costly: many cases of one subject, chains of merges, amendments."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from benchmarks.growth_records import (
    DAY_0,
    DAYS,
    TERMS,
    case,
    merged,
    plan_record,
    record_of,
    treated,
)
from monitor import records
from monitor.records import Record, TermKind

GROUP = """
[groups.pair]
both = [["Term 0"], ["Term 1"]]
within_days = 7
"""

NEAR_DOSE_GROUP = """
[groups.near]
within_days_after_dose = 4
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostlyLog:
    """A log of *size* cases, and the records whose cost is measured after it.

    Without *further* records the whole log is measured.
    """

    log: Callable[[int], Iterator[Record]]
    further: Callable[[int], Iterator[Record]] | None = None
    sizes: tuple[int, int, int] = (1_000, 2_000, 4_000)


def one_subject(size: int, *, days: int, groups: str = "", terms: int = TERMS) -> Iterator[Record]:
    """Yield a study whose cases are all of one subject, their onsets spread over *days*."""
    yield plan_record(groups=groups)
    yield treated("S-0")
    yield treated("S-1", treatment="placebo")
    for number in range(size):
        yield case(number, "S-0", number * 7 % days, term=f"Term {number % terms}")


def pairs_over_time(size: int) -> Iterator[Record]:
    """Yield a study of one subject with a case of either side of a pair each day."""
    yield from one_subject(size, days=size, groups=GROUP, terms=2)


def corrected_treatments(_: int) -> Iterator[Record]:
    """Yield corrections that move every case of the subject to the other arm and back."""
    for version, treatment in enumerate(("placebo", "drug") * 2, 2):
        yield treated("S-0", version, treatment)


def shifted_treatments(_: int) -> Iterator[Record]:
    """Yield corrections that exclude the cases of the first day, and include them again."""
    for version, start in enumerate((1, 0) * 2, 2):
        yield treated("S-0", version, start=start)


def corrected_first_events(_: int) -> Iterator[Record]:
    """Yield corrections of one case, which is its subject's first event, then is not, and so on."""
    for version, day in enumerate((300, 0) * 10, 2):
        yield case(0, "S-0", day, version)


def further_doses(_: int) -> Iterator[Record]:
    """Yield administrations to the subject of all cases."""
    for number in range(20):
        body = records.Dose(subject="S-0", first_date=DAY_0 + number, last_date=DAY_0 + number)
        yield record_of(body, f"edc/dose-{number}")


def corrected_whole(size: int) -> Iterator[Record]:
    """Yield a study of one subject with all cases on one day, then 40 corrections."""
    yield from one_subject(size, days=1)
    for version in range(2, 42):
        yield treated("S-0", version, ("drug", "placebo")[version % 2])


def merged_subjects(size: int) -> Iterator[Record]:
    """Yield a study of subjects with one case each, in which every tenth is merged in a chain."""
    yield plan_record()
    # First, because each merge of subjects recounts the study.
    for number in range(0, size, 10):
        yield merged("subject", f"S-{number}", f"S-{number + 10}", number)
    yield from (case(number, f"S-{number}", number % DAYS) for number in range(size))
    yield from (treated(f"S-{number}") for number in range(0, size, 7))


def merged_cases(size: int) -> Iterator[Record]:
    """Yield a study in which each case is a duplicate of the next, all of one subject."""
    yield from one_subject(size, days=DAYS)
    for number in range(size):
        yield merged("case", f"safety/case-{number:06}", f"safety/case-{number + 1:06}", number)


def collections(_: int) -> Iterator[Record]:
    """Yield collections, each of which recounts the study."""
    for number in range(3):
        kind, term = TermKind.PREFERRED_TERM, f"Term {number}"
        body = records.Collection(kind=kind, term=term, start=DAY_0 + 3)
        yield record_of(body, f"edc/collected-{number}")


def many_subjects(size: int, terms: int | None = None) -> Iterator[Record]:
    """Yield a study of *size* cases, ten a subject, on two arms, of *terms* or size / 10 terms."""
    term_count = terms or size // 10
    yield plan_record()
    for number in range(size):
        subject = f"S-{number // 10}"
        if number % 10 == 0:
            yield treated(subject, treatment=("drug", "placebo")[number // 10 % 2])
        yield case(number, subject, number * 7 % DAYS, term=f"Term {number % term_count}")


def amendments(_: int) -> Iterator[Record]:
    """Yield amendments of the plan that change the days at risk."""
    for version in range(2, 5):
        yield plan_record(version, window_days=28 + version)


COSTLY_LOGS: dict[str, CostlyLog] = {
    "treatment correction, all cases of one subject on one day": CostlyLog(
        log=partial(one_subject, days=1), further=corrected_treatments
    ),
    "treatment correction, all cases of one subject": CostlyLog(
        log=partial(one_subject, days=DAYS), further=corrected_treatments
    ),
    "treatment correction that moves the cases of one day": CostlyLog(
        log=partial(one_subject, days=DAYS), further=shifted_treatments
    ),
    "correction of a subject's first event": CostlyLog(
        log=partial(one_subject, days=DAYS), further=corrected_first_events
    ),
    "dose of a subject, group within days of a dose": CostlyLog(
        log=partial(one_subject, days=DAYS, groups=NEAR_DOSE_GROUP), further=further_doses
    ),
    "collection after a chain of merged subjects": CostlyLog(
        log=merged_subjects, further=collections
    ),
    "collection after a chain of merged cases": CostlyLog(log=merged_cases, further=collections),
    "amendment of the plan": CostlyLog(log=many_subjects, further=amendments),
    "group with both and within_days, one case a day: whole log": CostlyLog(
        log=pairs_over_time, sizes=(100, 200, 400)
    ),
    "group with both and within_days, one day: whole log": CostlyLog(
        log=partial(one_subject, days=1, groups=GROUP, terms=2), sizes=(100, 200, 400)
    ),
    "group with both and within_days, many cases: whole log": CostlyLog(log=pairs_over_time),
    "4,000 cases of one subject, 40 corrections: whole log": CostlyLog(log=corrected_whole),
}
