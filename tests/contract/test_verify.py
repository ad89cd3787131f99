"""What a store holds is compared with the log, field by field, and nothing escapes."""

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
    """Two studies with cases, one of them corrected, ticks, and two lines that are nothing."""
    lines: list[Any] = [*small_log("S"), b"{nonsense", *small_log("T")]
    lines += [
        clot_record("A", "2020-01-21", version=2),
        wire_record("tick", "t", "2020-03-01", date="2020-03-01"),
    ]
    lines += [b"also nothing", clot_record("C", "2020-02-02", study="T")]
    return write_log(tmp_path, lines)


async def test_what_was_folded_is_equal(log: Path):
    """Nothing differs, and the account says how much was compared."""
    found = await compare(log, await folded_store(log))

    assert (found.differences, found.studies, found.records) == ([], ["S", "T"], 17)
    assert found.behind == 0


async def test_nothing_is_equal_to_nothing(log: Path):
    """A partition that nobody has folded yet is behind, and not wrong."""
    found = await compare(log, MemoryStore())

    assert (found.differences, found.records, found.behind) == ([], 0, 17)


async def test_a_store_is_compared_as_far_as_it_was_folded(log: Path):
    """What the worker has yet to fold is no difference."""
    for until in range(1, 17):
        found = await compare(log, await folded_store(log, until))
        assert (found.differences, found.behind) == ([], 17 - until)


async def test_a_study_that_was_never_opened_has_no_row_and_is_right_so(tmp_path: Path):
    """The cursor knows its name from records that were refused, for want of a plan."""
    path = write_log(tmp_path, [clot_record("A", "2020-01-20", study="T"), *small_log("S")])
    store = await folded_store(path)
    assert "pos|T" in await store.cursor()

    found = await compare(path, store)
    assert (found.differences, found.studies) == ([], ["S"])


async def test_each_row_is_compared_at_its_own_moment(log: Path):
    """Rows are read one after another while a worker goes on: a later row is not a wrong one."""
    store, later = await folded_store(log, 8), await folded_store(log)
    store.hashes["s:S"] = later.hashes["s:S"]

    assert (await compare(log, store)).differences == []


async def test_every_field_that_is_changed_is_named(log: Path):
    """By study and field, for every field of every row and of the cursor; and no other is."""
    whole = await folded_store(log)
    for name, fields in whole.hashes.items():
        if name == "outbox":
            continue
        study = CURSOR if name == "cursor" else name.removeprefix("s:")
        for field in set(fields) - CURSOR_FIELDS - {"digest", "next", "pos"}:
            store = await folded_store(log)
            corrupt_field(store.hashes[name], field)
            wanted = [(study, field)] if study == CURSOR else [(study, field), (study, "digest")]
            assert sorted(differing_fields(await compare(log, store))) == sorted(wanted), (
                name,
                field,
            )


async def test_a_field_too_many_is_named(log: Path):
    """A cell that no case fills is as wrong as a case in no cell."""
    store = await folded_store(log)
    store.hashes["s:S"]["t|first|drug|pt|HEADACHE"] = b"[1,1,1,0,0,0,0]"

    assert ("S", "t|first|drug|pt|HEADACHE") in differing_fields(await compare(log, store))


async def test_a_row_that_is_gone_is_named(log: Path):
    """The cursor knows of it, the log says what it should hold."""
    store = await folded_store(log)
    del store.hashes["s:T"]

    (difference,) = (await compare(log, store)).differences
    assert (difference.study, difference.field, difference.held) == ("T", "*", "nothing")


async def test_a_cursor_moved_by_hand_is_named(log: Path):
    """A batch that was passed over without being folded leaves rows behind the cursor."""
    store = await folded_store(log, 10)
    store.hashes["cursor"]["next"] = b"17"

    found = differing_fields(await compare(log, store))
    assert (CURSOR, "last") in found and (CURSOR, "pos|S") in found


@pytest.mark.parametrize(("factor", "equal"), [(1 + 1e-12, True), (1 + 1e-7, False)])
async def test_evidence_may_differ_in_its_last_bits(log: Path, factor: float, equal: bool):
    """A logarithm's last bits are the processor's; a ten-millionth of it is somebody's."""
    store = await folded_store(log)
    name, (level, ground, log_e) = watch_with_evidence(store)
    fields = store.hashes["s:S"]
    changed = (float.fromhex(log_e) * factor).hex()
    assert changed != log_e
    fields[name] = orjson.dumps([level, ground, changed])
    fields["digest"] = row_digest(fields)

    assert differing_fields(await compare(log, store)) == ([] if equal else [("S", name)])


async def test_a_verdict_may_not_differ_at_all(log: Path):
    """The same evidence under another level is a difference."""
    store = await folded_store(log)
    name, (_, ground, log_e) = watch_with_evidence(store)
    store.hashes["s:S"][name] = orjson.dumps(["quiet", ground, log_e])

    found = await compare(log, store)
    assert ("S", name) in differing_fields(found)
    assert isinstance(found.differences[0], Difference)


async def test_what_an_operator_released_is_passed_here_too(tmp_path: Path):
    """Ten unreadable records in a row stop a lane, unless the cursor says that they may pass."""
    lines: list[Any] = [*small_log("S"), *[b"{nonsense"] * 12, clot_record("C", "2020-02-20")]
    path, store = write_log(tmp_path, lines), MemoryStore()
    await store.release(18)
    await folded_store(path, store=store)

    assert (await compare(path, store)).differences == []
