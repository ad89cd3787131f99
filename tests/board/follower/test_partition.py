"""Checks that the follower is held to the store's cursor, and sees a store that differs."""

from __future__ import annotations

import random

import orjson

from board.follower.open_projection import OpenState
from board.follower.read_ahead import WAITING_MAX
from board.follower.store_check import MOVING_SECONDS, StoreCheck
from monitor.state.digest import state_digest
from streams.processor.pipeline import Pipeline
from streams.store.hashes import CURSOR, row_name
from tests.board.follower.followed import followed
from tests.streams.processor.processors import PRODERM, STUDY


def digest_after(count: int) -> str:
    """The state digest of the study after *count* records of the log."""
    pipeline = Pipeline()
    for position, value in enumerate(PRODERM[:count]):
        pipeline.process_bytes(value, position)
    return state_digest(pipeline.studies[STUDY])


async def test_the_follower_is_at_the_cursor_and_agrees_with_the_store():
    """It never runs ahead of the worker; its state is that of the records before the cursor."""
    each = followed()
    await each.partition.follow()
    assert each.partition.processor.position == 0 and not each.state.studies
    for until in sorted(random.sample(range(1, len(PRODERM)), 5)):
        await each.fold(until)
        await each.partition.follow()
        summary = each.state.studies[STUDY]
        assert each.partition.processor.position == until == summary.completeness.position
        assert summary.completeness.store_agrees is True
        assert summary.completeness.end == len(PRODERM)
        row = await each.partition.load_row(STUDY)
        assert row is not None and state_digest(row.study) == digest_after(until)
    assert each.state.fault is None
    each.partition.end_at = 0  # It looks at the end of the log once a second.
    await each.partition.follow()
    open_state = OpenState.from_message(
        orjson.loads(orjson.dumps(each.follower.make_open_state(1)))
    )
    counted = sum(open_state.studies[STUDY].records.values())
    assert counted == each.partition.processor.position
    assert open_state.partitions[0].lag == min(WAITING_MAX, len(PRODERM) - counted)


async def test_it_folds_again_where_the_cursor_moves_back():
    """A store that lost writes is followed from the first record, and the state says so."""
    each = followed()
    await each.fold(900)
    await each.partition.follow()
    version = each.state.studies[STUDY].version
    await each.store.rewind(None)
    await each.fold(400)
    await each.partition.follow()
    state = each.state
    assert each.partition.processor.position == 400
    assert state.fault is not None and "moved back from 900 to 400" in state.fault
    assert state.studies[STUDY].version > version
    assert state.studies[STUDY].completeness.store_agrees is True


async def test_a_row_that_differs_from_the_own_fold_is_named():
    """A row written by other records has a valid digest of its own, and disagrees."""
    each = followed()
    await each.fold(500)
    other = followed([*PRODERM[:480], *PRODERM[490:500]])
    await other.fold(490)
    fields = await other.store.row(STUDY)
    each.store.hashes[row_name(STUDY)] = fields | {"pos": b"499"}
    await each.partition.follow()
    assert each.state.studies[STUDY].completeness.store_agrees is False
    assert each.state.fault == f"{STUDY}: store and own fold disagree"


async def test_a_corrupted_field_is_named_and_forgiven_once_it_is_restored():
    """A field that nobody writes is found by reading the row whole."""
    each = followed()
    await each.fold(500)
    await each.partition.follow()
    assert each.state.fault is None
    row = each.store.hashes[row_name(STUDY)]
    name = random.choice([field for field in row if field.startswith("c|")])
    good, row[name] = row[name], row[name] + b" "
    each.partition.check.read_at.clear()
    each.partition.check.next_read = 0
    await each.partition.follow()
    assert each.state.fault == f"{STUDY}: store and own fold disagree"
    assert each.state.studies[STUDY].completeness.store_agrees is False
    row[name] = good
    each.partition.check.read_at.clear()
    each.partition.check.next_read = 0
    await each.partition.follow()
    assert each.state.fault is None


async def test_a_row_at_another_position_than_its_cursor_is_named():
    """A row that stays behind the cursor was lost or put back."""
    each = followed()
    await each.fold(500)
    each.store.hashes[row_name(STUDY)]["pos"] = b"17"
    check = StoreCheck(each.store)
    own = {STUDY: {"pos": b"499", "digest": b"0"}}
    await check.compare_digests(own, {STUDY: 499})
    assert check.result_of(STUDY) is None
    await check.compare_digests(own, {STUDY: 499})
    assert check.result_of(STUDY) is False
    assert MOVING_SECONDS < 5


async def test_the_store_is_only_read():
    """Following changes nothing in the store."""
    each = followed()
    await each.fold(700)
    before = {name: dict(fields) for name, fields in each.store.hashes.items()}
    await each.partition.follow()
    assert each.store.hashes == before


async def test_other_code_and_a_shorter_log_stop_the_follower():
    """Rows of another version of the fold, or a log that ends too early, are named."""
    each = followed(PRODERM[:300])
    await each.fold(300)
    each.store.set(CURSOR, {"next": b"350"})
    await each.partition.follow()
    assert "before the store's cursor" in (each.state.fault or "")
    each.store.set(CURSOR, {"next": b"300", "code": b"none"})
    await each.partition.follow()
    assert "another version of the fold" in (each.state.fault or "")
