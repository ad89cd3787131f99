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


@pytest.mark.parametrize(
    ("positions", "has_work"), [({3: 101}, True), ({3: 100}, False), ({4: 100}, True)]
)
def test_a_worker_with_progress_or_without_work_continues(
    positions: dict[int, int], has_work: bool
):
    """A folded record, no work and other partitions each count as progress."""
    times = iter([0, STALL_SECONDS, 2 * STALL_SECONDS])
    progress = Progress(clock=lambda: next(times))
    progress.check({3: 100}, has_work=True)
    progress.check(positions, has_work=has_work)

    progress.check(positions, has_work=True)
