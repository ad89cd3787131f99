"""Lag of a partition, detection of lost fetches, and detection of a stalled worker."""

from __future__ import annotations

import pytest

from streams.worker.progress import STALL_SECONDS, EmptyFetches, PartitionOffsets, Progress, Stalled


def offsets(folded: int, fetched: int, end: int) -> PartitionOffsets:
    return PartitionOffsets(folded=folded, fetched=fetched, end=end)


def test_a_lost_fetch_is_fetched_again():
    """Fetched to 200 and folded to 100, at two checks with no batch in flight, is a lost fetch."""
    empty_fetches = EmptyFetches()

    assert not empty_fetches.needs_refetch(3, offsets(100, 200, 200))
    assert empty_fetches.needs_refetch(3, offsets(100, 200, 200))
    assert empty_fetches.lag(3, offsets(100, 200, 200)) == 100


def test_offsets_without_records_after_a_refetch_are_markers():
    """Transaction markers at the end of a log are no lag, and are fetched again only once."""
    empty_fetches, end = EmptyFetches(), offsets(100, 103, 103)

    results = [
        empty_fetches.needs_refetch(3, each)
        for each in (end, end, offsets(100, 100, 103), end, end, end)
    ]

    assert results == [False, True, False, False, False, False]
    assert empty_fetches.lag(3, end) == 0
    assert empty_fetches.lag(3, offsets(100, 103, 105)) == 5


def test_a_gap_at_another_offset_is_checked_separately():
    """Markers at one offset do not show that a later gap has only markers."""
    empty_fetches = EmptyFetches()
    for _ in range(3):
        empty_fetches.needs_refetch(3, offsets(100, 101, 101))

    assert [empty_fetches.needs_refetch(3, offsets(150, 151, 151)) for _ in range(2)] == [
        False,
        True,
    ]


def test_a_partition_that_is_up_to_date_has_no_lag():
    """The lag is 0 also where the end offset was read before the last records were folded."""
    assert (
        EmptyFetches().lag(3, offsets(100, 100, 100))
        == EmptyFetches().lag(3, offsets(100, 100, 90))
        == 0
    )


def test_a_worker_with_work_and_no_progress_ends():
    """Its supervisor starts a new process, which may succeed."""
    times = iter([0, STALL_SECONDS, STALL_SECONDS + 1])
    progress = Progress(clock=lambda: next(times))
    progress.check({3: 100}, has_work=True)
    progress.check({3: 100}, has_work=True)

    with pytest.raises(Stalled):
        progress.check({3: 100}, has_work=True)


def stalls(checks: list[tuple[int, dict[int, int], dict[str, bool]]]) -> bool:
    """Whether a check finds the worker stalled; each has a time, the positions and conditions."""
    times = iter([at for at, _, _ in checks])
    progress = Progress(clock=lambda: next(times))
    try:
        for _, positions, conditions in checks:
            progress.check(positions, **{"has_work": True, **conditions})
    except Stalled:
        return True
    return False


@pytest.mark.parametrize(
    ("positions", "has_work"), [({3: 101}, True), ({3: 100}, False), ({3: 100, 4: 7}, False)]
)
def test_a_worker_with_progress_or_without_work_continues(
    positions: dict[int, int], has_work: bool
):
    """A folded record and no work each start the time anew."""
    conditions = {"has_work": has_work}
    assert not stalls(
        [
            (0, {3: 100}, {}),
            (STALL_SECONDS, positions, conditions),
            (2 * STALL_SECONDS, positions, {}),
        ]
    )


@pytest.mark.parametrize(
    "flapping", [[{}, {3: 100}], [{4: 100}, {3: 100}], [{3: 90}, {3: 90}], [{3: 100, 4: 1}, {}]]
)
def test_claims_and_assignments_are_no_progress(flapping: list[dict[int, int]]):
    """A worker that only claims its partitions again and again ends."""
    checks = [(second, flapping[second % 2], {}) for second in range(STALL_SECONDS + 2)]
    assert stalls([(0, {3: 100}, {}), *checks])


def test_a_broker_that_returns_starts_the_time_anew():
    """Otherwise a worker would end seconds after the return, before it can have joined."""
    away = [(second, {3: 100}, {"broker_answers": False}) for second in range(1, 300)]
    back = [(second, {3: 100}, {}) for second in range(300, 300 + STALL_SECONDS)]
    assert not stalls([(0, {3: 100}, {}), *away, *back])
    assert stalls([(0, {3: 100}, {}), *away, *back, (301 + STALL_SECONDS, {3: 100}, {})])


def test_a_rebalance_holds_the_time_for_a_while():
    """A member of the group may be slow to join; a group that never settles ends its workers."""
    joining = [(second, {3: 100}, {"rebalancing": True}) for second in range(30, 130)]
    assert not stalls([(0, {3: 100}, {}), *joining, (150, {3: 100}, {})])
    for_ever = [(second, {3: 100}, {"rebalancing": True}) for second in range(200)]
    assert stalls([(0, {3: 100}, {}), *for_ever])
