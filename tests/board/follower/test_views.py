"""Checks live views, looks at the past, baselines and how often a view is built."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import pytest

from board.follower.view_cache import BuiltView, ViewCache
from board.views.catalogue import ViewNotFoundError
from board.views.facts import Completeness, StudyFacts
from monitor.dates import iso
from monitor.state.digest import state_digest
from streams.processor.pipeline import Pipeline
from streams.replay.replay import Replay, WhatIf
from tests.board.follower.followed import Followed, followed
from tests.streams.list_log import ListLog
from tests.streams.processor.processors import PRODERM, STUDY, log_of
from tests.streams.reviewed_log import MOVES, SIGNAL_ALERT_ID, review


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallView:
    """What a test reads of the facts."""

    cases: int
    known: int
    baseline: str | None
    baseline_day: int | None


def build_small(facts: StudyFacts, arguments: Mapping[str, str]) -> SmallView:
    """Build the view of the tests."""
    baseline = facts.baseline() if "baseline" in arguments else None
    return SmallView(
        cases=len(facts.study.entities.by_id),
        known=sum(map(len, facts.known.values())),
        baseline=None if baseline is None else state_digest(baseline),
        baseline_day=facts.baseline_day,
    )


def small(log: ListLog | None = None) -> Followed:
    """A follower whose only view is that of the tests."""
    return Followed(log or log_of(PRODERM), find_build=lambda view: build_small)


async def test_a_view_says_what_it_is_complete_to_and_is_built_once_a_version():
    """The answer has version, digest and position; without a change the same view is returned."""
    each = small()
    with pytest.raises(ViewNotFoundError):
        await each.ask("small")
    await each.fold(1500)
    await each.partition.follow()
    assert each.state.studies[STUDY].completeness.digest == ""
    first = await each.ask("small")
    row = await each.partition.load_row(STUDY)
    assert row is not None
    completeness = Completeness(**first["completeness"])
    assert completeness.digest == state_digest(row.study)
    assert (completeness.position, completeness.end) == (1500, len(PRODERM))
    assert completeness.store_agrees is True and completeness.known_at is not None
    assert each.state.studies[STUDY].completeness.digest == completeness.digest
    await each.fold(1501)
    await each.partition.follow()
    assert (await each.ask("small"))["version"] == first["version"]  # At most once a second.
    await asyncio.sleep(1.05)
    later = await each.ask("small")
    assert later["version"] > first["version"]
    assert later["completeness"]["position"] == 1501


async def test_a_view_has_the_digest_of_what_it_shows():
    """Also where a record has been folded of which nobody has been told yet."""
    each = small()
    await each.fold(1500)
    await each.partition.follow()
    before = await each.ask("small")
    await each.partition.processor.fold_batch(await each.log.read(1500, 3))
    row = await each.partition.load_row(STUDY)
    assert row is not None
    after = (await each.ask("small", other="view"))["completeness"]
    assert after["position"] == 1503 and after["digest"] == state_digest(row.study)
    assert after["digest"] != before["completeness"]["digest"]
    assert each.state.studies[STUDY].completeness.digest == after["digest"]


async def test_a_costly_view_is_built_at_most_once_in_ten_times_its_cost():
    """Requests meanwhile get the view that is there, and requests at once share one build."""
    cache, builds = ViewCache(), list[int]()
    completeness = Completeness(
        study="S", as_of=None, position=1, end=1, known_at=None, plan_sha256="", digest=""
    )

    async def build() -> BuiltView:
        builds.append(1)
        await asyncio.sleep(0.05)
        return BuiltView(
            version=len(builds),
            body=b"{}",
            completeness=completeness,
            read_at=time.monotonic(),
            cost=1.0,
        )

    key = ("S", "small", (), None)
    views = await asyncio.gather(*(cache.get_or_build(key, 1, build) for _ in range(5)))
    assert len(builds) == 1 and all(view is views[0] for view in views)
    assert await cache.get_or_build(key, 2, build) is views[0]
    entry = cache.entries[key]
    cache.entries[key] = earlier = replace(entry, read_at=entry.read_at - 9.5)
    assert await cache.get_or_build(key, 2, build) is earlier and earlier.fresh_seconds < 0.5
    cache.entries[key] = replace(entry, read_at=entry.read_at - 10.5)
    assert (await cache.get_or_build(key, 2, build)).version == 2
    small_cache = ViewCache(bytes_max=3)
    for number in range(3):
        await small_cache.get_or_build(("S", f"{number}", (), None), 1, build)
    assert len(small_cache.entries) == 1 and small_cache.bytes_used == 2


async def test_a_look_at_an_earlier_day_is_the_replay_as_of_that_day():
    """On random days the digest and the records are those of `tocsin replay --as-of DAY`."""
    each = small()
    await each.fold(len(PRODERM))
    await each.partition.follow()
    row = await each.partition.load_row(STUDY)
    assert row is not None and row.study.as_of is not None
    first = each.partition.histories[STUDY].known_days[300]
    for day in random.sample(range(first, row.study.as_of), 6):
        replay = Replay(WhatIf(known_until=day))
        list(replay.run(PRODERM))
        answer = await each.ask("small", as_of=iso(day))
        assert answer["completeness"]["digest"] == state_digest(replay.studies[0])
        assert answer["completeness"]["as_of"] == iso(day)
        assert answer["version"] == replay.lines - replay.lines_after_cutoff
        again = await each.ask("small", as_of=iso(day))
        assert again == answer | {"fresh_seconds": again["fresh_seconds"]}
    assert len(each.follower.builder.past.checkpoints.by_study[STUDY]) > 2
    for wrong in ("yesterday", iso(first - 2000), iso(row.study.as_of + 1)):
        with pytest.raises(ViewNotFoundError):
            await each.ask("small", as_of=wrong)


async def test_the_baseline_is_the_study_at_the_last_decision_of_the_board():
    """Moves before a decision do not count; closing is no decision."""
    moves = [
        review(f"r{number}", SIGNAL_ALERT_ID, 2 + number, move) for number, move in enumerate(MOVES)
    ]
    values = [*PRODERM[:2400], *moves, *PRODERM[2400:]]
    pipeline = Pipeline()
    for position, value in enumerate(values[:2403]):
        pipeline.process_bytes(value, position)
    each = small(log_of(values))
    await each.fold(2402)
    await each.partition.follow()
    assert (await each.ask("small", baseline="1"))["body"]["baseline_day"] is None
    await each.fold(len(values))
    await each.partition.follow()
    body = (await each.ask("small", baseline="yes"))["body"]
    assert body["baseline"] == state_digest(pipeline.studies[STUDY])
    assert body["baseline_day"] is not None
    day = each.partition.histories[STUDY].known_days[-1]
    past = await each.ask("small", as_of=iso(day), baseline="1")
    assert past["body"]["baseline"] == body["baseline"]


async def test_the_trajectory_of_a_watch_is_a_view_on_both_clocks():
    """Both clocks have their crossing; an unknown watch is not found."""
    each = followed()
    await each.fold(len(PRODERM))
    await each.partition.follow()
    watch = "tee-general-population"
    known = (await each.ask("trajectory", watch=watch))["body"]
    occurred = (await each.ask("trajectory", watch=watch, time="occurred"))["body"]
    assert known["delay_days"] == occurred["delay_days"] == 37
    assert known["crossed"] > occurred["crossed"]
    assert len(occurred["tables"][0]["rows"]) > 900
    with pytest.raises(ViewNotFoundError):
        await each.ask("trajectory", watch="none")
    with pytest.raises(ViewNotFoundError):
        await each.ask("no such view")
