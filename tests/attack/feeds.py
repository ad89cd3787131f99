"""The feeds of the attack: each is well formed, and costs its worker as much as a source can."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain, count, islice, product
from typing import Any

from benchmarks import growth_logs
from benchmarks.growth_records import DAYS, case, plan_record, record_of, treated
from monitor import records
from monitor.records import Record, TermKind
from streams.kafka.partitioner import partition_of
from tests.attack.wire import wire_bytes

PARTITIONS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed by its *name*: *messages* gives, for a partition, each record with its study.

    With *restart* the worker is killed and started before the feed is sent.
    """

    name: str
    messages: Callable[[int], Iterable[tuple[str, bytes]]]
    restart: bool = False


def studies_in(partition: int, prefix: str) -> Iterator[str]:
    """Yield names of studies in *partition*, without end."""
    names = (f"{prefix}-{number}" for number in count())
    return (name for name in names if partition_of(name, PARTITIONS) == partition)


def study_in(partition: int, prefix: str) -> str:
    """Return the first name of a study in *partition*."""
    return next(studies_in(partition, prefix))


def one_study(
    log: Callable[[], Iterable[Record]], name: str, partition: int
) -> Iterator[tuple[str, bytes]]:
    """Yield the records of *log* as those of a study in *partition*."""
    study = study_in(partition, name)
    return ((study, wire_bytes(each, study)) for each in log())


def corrections(size: int, versions: int, **more: Any) -> Iterator[Record]:
    """Yield a study with *size* cases of one subject, then corrections of its treatment."""
    yield from growth_logs.one_subject(size, **more)
    for version in range(2, 2 + versions):
        yield treated("S-0", version, ("drug", "placebo")[version % 2])


def repeated_collections(size: int, times: int) -> Iterator[Record]:
    """Yield a chain of merged subjects, then collections that recount the study."""
    yield from growth_logs.merged_subjects(size)
    for number in range(times):
        body = records.Collection(
            kind=TermKind.PREFERRED_TERM, term=f"Term {number % 20}", start=DAYS_START + number % 9
        )
        yield record_of(body, f"edc/collected-{number}")


DAYS_START = growth_logs.DAY_0
HOSTILE_GROUPS = growth_logs.GROUP + growth_logs.NEAR_DOSE_GROUP


def many_studies(studies: int, partition: int) -> Iterator[tuple[str, bytes]]:
    """Yield the opening records of many studies, then a case of each, and again of each."""
    names = list(islice(studies_in(partition, "MANY"), studies))
    opening = (plan_record(), treated("S-0"), treated("S-1", treatment="placebo"))
    for name, record in product(names, opening):
        yield name, wire_bytes(record, name)
    for number in range(2):
        record = case(number, f"S-{number % 2}", number + 1)
        for name in names:
            yield name, wire_bytes(record, name)


def one_more_case(partition: int, name: str) -> Iterator[tuple[str, bytes]]:
    """Yield one case of the study that *name* opened."""
    study = study_in(partition, name)
    yield study, wire_bytes(case(10**6, "S-1", 3, term="Term 3"), study)


def feeds(scale: float = 1.0) -> list[Feed]:
    """Return all feeds; *scale* makes each smaller, for a quick test."""
    return [*subject_feeds(scale), *study_feeds(scale)]


def sized(number: int, scale: float) -> int:
    """Return *number* times *scale*, at least 10."""
    return max(10, int(number * scale))


def single(name: str, prefix: str, log: Callable[[], Iterable[Record]]) -> Feed:
    """Return the feed of one study, whose name begins with *prefix*."""
    return Feed(name=name, messages=partial(one_study, log, prefix))


def subject_feeds(scale: float) -> Iterator[Feed]:
    """Yield feeds about one subject with many cases, and of chains of merged subjects."""
    for size, (where, days) in product((1_000, 2_000, 4_000), (("", 1), (" over a year", DAYS))):
        yield single(
            f"{size:,} cases of one subject{where}, 40 corrections",
            f"SUBJECT-{size}-{days}",
            partial(corrections, sized(size, scale), 40, days=days),
        )
    for size, times in ((4_000, 2_000), (20_000, 200)):
        yield single(
            f"{size:,} cases of one subject, {times:,} corrections",
            f"CORRECTED-{size}",
            partial(corrections, sized(size, scale), sized(times, scale), days=1),
        )
    yield single(
        "groups with both and within days, 4,000 cases, 500 corrections",
        "GROUPED",
        partial(
            corrections, sized(4_000, scale), sized(500, scale), days=DAYS, groups=HOSTILE_GROUPS
        ),
    )
    yield single(
        "a chain of 4,000 merged subjects, 200 collections",
        "MERGED",
        partial(repeated_collections, sized(4_000, scale), sized(200, scale)),
    )


def study_feeds(scale: float) -> Iterator[Feed]:
    """Yield feeds of many studies and of large studies, the last after a restart."""
    many, terms, large = sized(10_000, scale), sized(100_000, scale), sized(200_000, scale)
    yield Feed(name="10,000 studies in one partition", messages=partial(many_studies, many))
    yield single("100,000 terms", "TERMS", partial(growth_logs.many_subjects, terms, terms))
    yield single(
        "100,000 cases of one study, 3 amendments of its plan",
        "AMENDED",
        lambda: chain(growth_logs.many_subjects(terms, 10_000), growth_logs.amendments(terms)),
    )
    yield single(
        "200,000 cases of one study", "LARGE", partial(growth_logs.many_subjects, large, 1_000)
    )
    yield Feed(
        name="a restart, then a case of the study of 200,000",
        messages=partial(one_more_case, name="LARGE"),
        restart=True,
    )
