"""The cache of rows evicts at its limit and not before, the least recently used first."""

from __future__ import annotations

from streams.processor.row_cache import RowCache
from streams.store.rows.row import BYTES_PER_ENTITY, BYTES_PER_FIELD, Row
from tests.monitor.small_plans import plan_of
from tests.monitor.trial import trial

ROW_BYTES = 10 * BYTES_PER_ENTITY + 5 * BYTES_PER_FIELD


def row_of(entities: int = 10, fields: int = 5) -> Row:
    """A row of so many entities and fields, which alone decide what it is estimated to take."""
    return Row(
        trial(plan_of()).study,
        first_offset=0,
        last_offset=0,
        packed_entities={str(number): number for number in range(entities)},
        checksums={str(number): number for number in range(fields)},
    )


def cache_of(*studies: str, bytes_max: int) -> RowCache:
    """A cache into which the rows of *studies* were put in this order."""
    cache = RowCache(bytes_max=bytes_max)
    for study in studies:
        cache.put(study, row_of())
    return cache


def test_rows_that_take_exactly_the_limit_stay():
    """Three rows of the same size fill it to the byte."""
    cache = cache_of("A", "B", "C", bytes_max=3 * ROW_BYTES)
    cache.mark_used(["A", "B", "C"])

    assert (cache.bytes_used, cache.full) == (3 * ROW_BYTES, False)
    assert [*cache.rows] == ["A", "B", "C"]


def test_one_byte_more_evicts_the_least_recently_used():
    """The order of use decides, not the order in which the rows came."""
    cache = cache_of("A", "B", "C", bytes_max=3 * ROW_BYTES - 1)
    assert cache.full
    cache.mark_used(["A"])

    assert [*cache.rows] == ["C", "A"]
    assert (cache.bytes_used, cache.full) == (2 * ROW_BYTES, False)
    assert "B" not in cache


def test_as_many_are_evicted_as_the_limit_asks_for_and_no_more():
    """A row that has grown is measured when it is used."""
    cache = cache_of("A", "B", "C", "D", bytes_max=4 * ROW_BYTES)
    cache.rows["D"] = row_of(entities=25, fields=5)
    cache.mark_used(["D"])

    assert [*cache.rows] == ["C", "D"]
    assert cache.bytes_used == 2 * ROW_BYTES + 15 * BYTES_PER_ENTITY


def test_the_row_at_work_is_never_evicted():
    """A study larger than the limit is folded all the same."""
    cache = cache_of("A", bytes_max=ROW_BYTES // 2)
    cache.mark_used(["A"])

    assert ([*cache.rows], cache.full) == (["A"], True)


def test_what_is_invalidated_is_not_counted_any_more():
    """Nor is it evicted later, or used: it is rebuilt."""
    cache = cache_of("A", "B", bytes_max=2 * ROW_BYTES)
    cache.invalidate("A", b"7")
    cache.mark_used(["A", "B"])

    assert (cache.bytes_used, [*cache.rows], cache.invalid) == (ROW_BYTES, ["B"], {"A": b"7"})
    cache.put("A", row_of())
    assert (cache.bytes_used, cache.invalid) == (2 * ROW_BYTES, {})
