"""Verification compares every field of a store with the log, and reports every difference."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from streams.replay.verify import CURSOR, Difference
from streams.store.memory import MemoryStore
from streams.store.rows.digest import row_digest
from tests.contract.verified import (
    compare,
    corrupt_field,
    differing_fields,
    folded_store,
    watch_with_evidence,
)
from tests.scenarios.commands import clot_record, small_log, wire_record, write_log

CURSOR_FIELDS = {"released", "stopped"}


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log of two studies with cases, a correction, ticks and two unreadable lines."""
    lines: list[Any] = [*small_log("S"), b"{nonsense", *small_log("T")]
    lines += [
        clot_record("A", "2020-01-21", version=2),
        wire_record("tick", "t", "2020-03-01", date="2020-03-01"),
    ]
    lines += [b"also nothing", clot_record("C", "2020-02-02", study="T")]
    return write_log(tmp_path, lines)


async def test_a_folded_store_has_no_difference(log: Path):
    """The report has no difference, and the studies and records that were compared."""
    report = await compare(log, await folded_store(log))

    assert (report.differences, report.studies, report.records) == ([], ["S", "T"], 17)
    assert report.behind == 0


async def test_an_empty_store_is_behind_and_not_different(log: Path):
    """A partition that is not folded yet has no difference, and all records are behind."""
    report = await compare(log, MemoryStore())

    assert (report.differences, report.records, report.behind) == ([], 0, 17)


async def test_a_store_is_compared_as_far_as_it_was_folded(log: Path):
    """Records that the worker has not folded yet are not reported as differences."""
    for until in range(1, 17):
        report = await compare(log, await folded_store(log, until))
        assert (report.differences, report.behind) == ([], 17 - until)


async def test_a_study_without_a_plan_has_no_row_and_no_difference(tmp_path: Path):
    """The cursor names the study because of its refused records, which precede any plan."""
    path = write_log(tmp_path, [clot_record("A", "2020-01-20", study="T"), *small_log("S")])
    store = await folded_store(path)
    assert "pos|T" in await store.cursor()

    report = await compare(path, store)
    assert (report.differences, report.studies) == ([], ["S"])


async def test_each_row_is_compared_at_its_own_offset(log: Path):
    """Rows are read one after another while a worker folds, so a row may be ahead of others."""
    store, later = await folded_store(log, 8), await folded_store(log)
    store.hashes["s:S"] = later.hashes["s:S"]

    assert (await compare(log, store)).differences == []


async def test_every_changed_field_is_reported(log: Path):
    """The report names exactly the changed field, for each field of each row and the cursor."""
    intact = await folded_store(log)
    for name, fields in intact.hashes.items():
        if name == "outbox":
            continue
        study = CURSOR if name == "cursor" else name.removeprefix("s:")
        for field in set(fields) - CURSOR_FIELDS - {"digest", "next", "pos"}:
            store = await folded_store(log)
            corrupt_field(store.hashes[name], field)
            expected = [(study, field)] if study == CURSOR else [(study, field), (study, "digest")]
            assert sorted(differing_fields(await compare(log, store))) == sorted(expected), (
                name,
                field,
            )


async def test_an_extra_field_is_reported(log: Path):
    """A cell without a case in the log is a difference."""
    store = await folded_store(log)
    store.hashes["s:S"]["t|first|drug|pt|HEADACHE"] = b"[1,1,1,0,0,0,0]"

    assert ("S", "t|first|drug|pt|HEADACHE") in differing_fields(await compare(log, store))


async def test_a_missing_row_is_reported(log: Path):
    """The log has records of the study, so its row must exist."""
    store = await folded_store(log)
    del store.hashes["s:T"]

    (difference,) = (await compare(log, store)).differences
    assert (difference.study, difference.field, difference.held) == ("T", "*", "nothing")


async def test_a_cursor_moved_by_hand_is_reported(log: Path):
    """A cursor beyond records that are not folded differs from the positions of the rows."""
    store = await folded_store(log, 10)
    store.hashes["cursor"]["next"] = b"17"

    fields = differing_fields(await compare(log, store))
    assert (CURSOR, "last") in fields and (CURSOR, "pos|S") in fields


@pytest.mark.parametrize(("factor", "equal"), [(1 + 1e-12, True), (1 + 1e-7, False)])
async def test_evidence_may_differ_in_its_last_bits(log: Path, factor: float, equal: bool):
    """A relative difference of 1e-12 is rounding of the processor; one of 1e-7 is reported."""
    store = await folded_store(log)
    name, (level, reason, log_e) = watch_with_evidence(store)
    fields = store.hashes["s:S"]
    changed = (float.fromhex(log_e) * factor).hex()
    assert changed != log_e
    fields[name] = orjson.dumps([level, reason, changed])
    fields["digest"] = row_digest(fields)

    assert differing_fields(await compare(log, store)) == ([] if equal else [("S", name)])


async def test_a_verdict_may_not_differ_at_all(log: Path):
    """Another level with the same evidence is a difference."""
    store = await folded_store(log)
    name, (_, reason, log_e) = watch_with_evidence(store)
    store.hashes["s:S"][name] = orjson.dumps(["quiet", reason, log_e])

    report = await compare(log, store)
    assert ("S", name) in differing_fields(report)
    assert isinstance(report.differences[0], Difference)


async def test_released_records_are_skipped_by_verification(tmp_path: Path):
    """Ten unreadable records in a row stop a fold unless an operator has released them."""
    lines: list[Any] = [*small_log("S"), *[b"{nonsense"] * 12, clot_record("C", "2020-02-20")]
    path, store = write_log(tmp_path, lines), MemoryStore()
    await store.release(18)
    await folded_store(path, store=store)

    assert (await compare(path, store)).differences == []
