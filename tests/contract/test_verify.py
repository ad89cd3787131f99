"""What a store holds is compared with the log, field by field, and nothing escapes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from streams.replay.verify import CURSOR, Difference
from streams.store.memory import MemoryStore
from streams.store.rows.digest import digest_of
from tests.contract.verified import compared, evidence, folded, named, spoilt
from tests.scenarios.commands import clot, record, small, written

CURSORS_OWN = {"released", "stopped"}


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Two studies with cases, one of them corrected, ticks, and two lines that are nothing."""
    lines: list[Any] = [*small("S"), b"{nonsense", *small("T")]
    lines += [
        clot("A", "2020-01-21", version=2),
        record("tick", "t", "2020-03-01", date="2020-03-01"),
    ]
    lines += [b"also nothing", clot("C", "2020-02-02", study="T")]
    return written(tmp_path, lines)


async def test_what_was_folded_is_equal(log: Path):
    """Nothing differs, and the account says how much was compared."""
    found = await compared(log, await folded(log))

    assert (found.differences, found.studies, found.records) == ([], ["S", "T"], 17)
    assert found.behind == 0


async def test_nothing_is_equal_to_nothing(log: Path):
    """A partition that nobody has folded yet is behind, and not wrong."""
    found = await compared(log, MemoryStore())

    assert (found.differences, found.records, found.behind) == ([], 0, 17)


async def test_a_store_is_compared_as_far_as_it_was_folded(log: Path):
    """What the worker has yet to fold is no difference."""
    for until in range(1, 17):
        found = await compared(log, await folded(log, until))
        assert (found.differences, found.behind) == ([], 17 - until)


async def test_a_study_that_was_never_opened_has_no_row_and_is_right_so(tmp_path: Path):
    """The cursor knows its name from records that were refused, for want of a plan."""
    path = written(tmp_path, [clot("A", "2020-01-20", study="T"), *small("S")])
    store = await folded(path)
    assert "pos|T" in await store.cursor()

    found = await compared(path, store)
    assert (found.differences, found.studies) == ([], ["S"])


async def test_each_row_is_compared_at_its_own_moment(log: Path):
    """Rows are read one after another while a worker goes on: a later row is not a wrong one."""
    store, later = await folded(log, 8), await folded(log)
    store.held["s:S"] = later.held["s:S"]

    assert (await compared(log, store)).differences == []


async def test_every_field_that_is_changed_is_named(log: Path):
    """By study and field, for every field of every row and of the cursor; and no other is."""
    whole = await folded(log)
    for name, fields in whole.held.items():
        if name == "outbox":
            continue
        study = CURSOR if name == "cursor" else name.removeprefix("s:")
        for field in set(fields) - CURSORS_OWN - {"digest", "next", "pos"}:
            store = await folded(log)
            spoilt(store.held[name], field)
            wanted = [(study, field)] if study == CURSOR else [(study, field), (study, "digest")]
            assert sorted(named(await compared(log, store))) == sorted(wanted), (name, field)


async def test_a_field_too_many_is_named(log: Path):
    """A cell that no case fills is as wrong as a case in no cell."""
    store = await folded(log)
    store.held["s:S"]["t|first|drug|pt|HEADACHE"] = b"[1,1,1,0,0,0,0]"

    assert ("S", "t|first|drug|pt|HEADACHE") in named(await compared(log, store))


async def test_a_row_that_is_gone_is_named(log: Path):
    """The cursor knows of it, the log says what it should hold."""
    store = await folded(log)
    del store.held["s:T"]

    (difference,) = (await compared(log, store)).differences
    assert (difference.study, difference.field, difference.held) == ("T", "*", "nothing")


async def test_a_cursor_moved_by_hand_is_named(log: Path):
    """A batch that was passed over without being folded leaves rows behind the cursor."""
    store = await folded(log, 10)
    store.held["cursor"]["next"] = b"17"

    found = named(await compared(log, store))
    assert (CURSOR, "last") in found and (CURSOR, "pos|S") in found


@pytest.mark.parametrize(("factor", "equal"), [(1 + 1e-12, True), (1 + 1e-7, False)])
async def test_evidence_may_differ_in_its_last_bits(log: Path, factor: float, equal: bool):
    """A logarithm's last bits are the processor's; a ten-millionth of it is somebody's."""
    store = await folded(log)
    name, (level, ground, log_e) = evidence(store)
    fields = store.held["s:S"]
    changed = (float.fromhex(log_e) * factor).hex()
    assert changed != log_e
    fields[name] = orjson.dumps([level, ground, changed])
    fields["digest"] = digest_of(fields)

    assert named(await compared(log, store)) == ([] if equal else [("S", name)])


async def test_a_verdict_may_not_differ_at_all(log: Path):
    """The same evidence under another level is a difference."""
    store = await folded(log)
    name, (_, ground, log_e) = evidence(store)
    store.held["s:S"][name] = orjson.dumps(["quiet", ground, log_e])

    found = await compared(log, store)
    assert ("S", name) in named(found)
    assert isinstance(found.differences[0], Difference)


async def test_what_an_operator_released_is_passed_here_too(tmp_path: Path):
    """Ten unreadable records in a row stop a lane, unless the cursor says that they may pass."""
    lines: list[Any] = [*small("S"), *[b"{nonsense"] * 12, clot("C", "2020-02-20")]
    path, store = written(tmp_path, lines), MemoryStore()
    await store.release(18)
    await folded(path, store=store)

    assert (await compared(path, store)).differences == []
