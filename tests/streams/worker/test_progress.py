"""How far behind, whether a fetch was lost, and whether a worker gets on."""

from __future__ import annotations

import pytest

from streams.worker.progress import STALL_SECONDS, EmptyFetches, PartitionOffsets, Progress, Stalled


def offsets(folded: int, fetched: int, end: int) -> PartitionOffsets:
    return PartitionOffsets(folded=folded, fetched=fetched, end=end)


def test_a_lost_fetch_is_fetched_again():
    """Fetched to 200, folded to 100, and nothing under way, twice: those hundred are gone."""
    gaps = EmptyFetches()

    assert not gaps.needs_refetch(3, offsets(100, 200, 200))
    assert gaps.needs_refetch(3, offsets(100, 200, 200))
    assert gaps.lag(3, offsets(100, 200, 200)) == 100


def test_what_brings_nothing_when_fetched_again_is_markers():
    """Transaction markers at the end of a log are no lag, and are not fetched for ever."""
    gaps, end = EmptyFetches(), offsets(100, 103, 103)

    looks = [
        gaps.needs_refetch(3, each) for each in (end, end, offsets(100, 100, 103), end, end, end)
    ]

    assert looks == [False, True, False, False, False, False]
    assert gaps.lag(3, end) == 0
    assert gaps.lag(3, offsets(100, 103, 105)) == 5


def test_a_gap_elsewhere_is_looked_at_anew():
    """What was learnt of one stretch says nothing of the next."""
    gaps = EmptyFetches()
    for _ in range(3):
        gaps.needs_refetch(3, offsets(100, 101, 101))

    assert [gaps.needs_refetch(3, offsets(150, 151, 151)) for _ in range(2)] == [False, True]


def test_a_partition_that_is_up_to_date_has_no_lag():
    """Also where the end was asked for before the last records were folded."""
    assert (
        EmptyFetches().lag(3, offsets(100, 100, 100))
        == EmptyFetches().lag(3, offsets(100, 100, 90))
        == 0
    )


def test_a_worker_that_stands_with_work_before_it_ends():
    """Its supervisor starts another, which may have better luck."""
    hours = iter([0, STALL_SECONDS, STALL_SECONDS + 1])
    progress = Progress(clock=lambda: next(hours))
    progress.check({3: 100}, has_work=True)
    progress.check({3: 100}, has_work=True)

    with pytest.raises(Stalled):
        progress.check({3: 100}, has_work=True)


@pytest.mark.parametrize(
    ("places", "waiting"), [({3: 101}, True), ({3: 100}, False), ({4: 100}, True)]
)
def test_a_worker_that_moves_or_has_nothing_to_do_stays(places: dict[int, int], waiting: bool):
    """A record folded, nothing to fold, or other partitions: each counts as getting on."""
    hours = iter([0, STALL_SECONDS, 2 * STALL_SECONDS])
    progress = Progress(clock=lambda: next(hours))
    progress.check({3: 100}, has_work=True)
    progress.check(places, has_work=waiting)

    progress.check(places, has_work=True)
