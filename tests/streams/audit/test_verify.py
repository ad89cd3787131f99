"""What was noted stays noted: an entry that is altered, moved or taken out is named."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from streams.audit.audit_log import AuditAction, AuditOutcome
from streams.audit.verify import ChainVerifier, FaultKind
from tests.streams.audit.trail_builders import (
    MemoryTrail,
    chain,
    forged_entry,
    interleaved_entries,
    parse_entry,
    records,
    verify_entries,
)

WRITER_ORDERS = st.lists(st.integers(0, 3), min_size=2, max_size=12)
WRITER_ORDER = [0, 0, 0, 1, 1]


def trail_of(order: list[int]) -> list[bytes]:
    return asyncio.run(interleaved_entries(order))


async def test_an_entry_says_who_when_what_and_why():
    """And which study, alert or partition it was about, and whether it came to it."""
    kept = MemoryTrail()
    log = chain(kept, "board-1")

    where = {"study": "S", "alert": "a1"}
    await log.log_action(AuditAction.MOVE, "confirm", why="Read it.", where=where, who="ben")
    await log.log_action(AuditAction.READ, "/metrics", outcome=AuditOutcome.REFUSED)

    first, second = map(parse_entry, kept.entries)
    assert (first["who"], first["act"], first["what"], first["why"]) == (
        "ben", "move", "confirm", "Read it.",
    )  # fmt: skip
    assert (first["where"], first["outcome"], first["at"][-1]) == (where, "done", "Z")
    assert (second["who"], second["outcome"], second["where"]) == ("ann", "refused", {})
    assert second["previous"] == first["digest"] and (first["seq"], second["seq"]) == (1, 2)


@given(order=WRITER_ORDERS)
def test_chains_of_several_processes_hold(order: list[int]):
    """In whatever order they write; nothing is wrong with what nobody touched."""
    found = verify_entries(trail_of(order))

    assert (found.faults, found.entries, found.writers) == ([], len(order), len(set(order)))


@given(order=WRITER_ORDERS, data=st.data())
def test_any_changed_byte_is_named(order: list[int], data: st.DataObject):
    """The entry itself says so, also the last one."""
    entries = trail_of(order)
    number = data.draw(st.integers(0, len(entries) - 1))
    raw = entries[number]
    at, new = data.draw(st.integers(0, len(raw) - 1)), data.draw(st.integers(0, 255))
    entries[number] = raw[:at] + bytes([new]) + raw[at + 1 :]

    faults = verify_entries(entries).faults

    if new == raw[at]:
        assert faults == []
    else:
        assert min((fault.offset, fault.kind) for fault in faults)[0] <= number
        assert any(
            fault.offset == number and fault.kind in (FaultKind.ALTERED, FaultKind.UNREADABLE)
            for fault in faults
        )


@given(order=WRITER_ORDERS, data=st.data())
def test_an_entry_written_anew_is_named_by_the_next_one_of_its_chain(
    order: list[int], data: st.DataObject
):
    """Its digest is right now, and not the one that was followed."""
    entries = trail_of([*order, *sorted(set(order))])
    number = data.draw(st.integers(0, len(order) - 1))
    entries[number] = forged_entry(entries[number], who="nobody")
    name = "{writer} {seq}".format(**parse_entry(entries[number]))

    faults = verify_entries(entries).faults

    assert (faults[0].offset, faults[0].kind) == (number, FaultKind.ALTERED)
    assert name in {fault.entry for fault in faults}


def test_the_last_entry_of_a_process_is_held_by_the_next_process():
    """Most commands write one entry and are gone: the next command follows that."""
    entries = trail_of([0, 1, 2])
    entries[1] = forged_entry(entries[1], who="nobody")

    (fault,) = verify_entries(entries).faults
    assert (fault.offset, fault.kind) == (1, FaultKind.ALTERED)


@given(order=WRITER_ORDERS, data=st.data())
def test_a_missing_entry_is_named(order: list[int], data: st.DataObject):
    """Whether the offsets have a hole, or were numbered anew, as a copied topic's are."""
    entries = trail_of([*order, *sorted(set(order))])
    number = data.draw(st.integers(0, len(order) - 1))
    gone = parse_entry(entries[number])

    faults = verify_entries(entries[:number] + entries[number + 1 :]).faults

    missing = [fault for fault in faults if fault.kind is FaultKind.MISSING]
    assert missing and f"{gone['writer']} {gone['seq']}" in {fault.entry for fault in missing}


def test_a_process_of_which_nothing_is_left_is_missed():
    """Its only entry was what the next process followed."""
    entries = trail_of([0, 1, 2])

    faults = verify_entries([entries[0], entries[2]]).faults

    assert [(fault.offset, fault.kind) for fault in faults] == [(1, FaultKind.MISSING)]
    assert str(faults[0]) == "offset 1: an entry before w2 1 is missing"


def test_a_hole_in_the_offsets_is_a_missing_entry():
    """Nobody may delete from the topic, so that a hole is somebody's work."""
    lines = records(trail_of(WRITER_ORDER))
    checker = ChainVerifier()
    checker.add([*lines[:1], *lines[2:]])

    faults = checker.finish().faults
    assert (faults[0].offset, faults[0].kind) == (1, FaultKind.MISSING)


@given(order=WRITER_ORDERS, data=st.data())
def test_reordered_entries_of_a_process_are_named(order: list[int], data: st.DataObject):
    """What was done first, and what after it, is part of what is kept."""
    entries = trail_of([0, *order, 0])
    mine = [number for number, entry in enumerate(entries) if parse_entry(entry)["writer"] == "w0"]
    one, other = sorted(data.draw(st.permutations(mine))[:2])
    entries[one], entries[other] = entries[other], entries[one]

    faults = verify_entries(entries).faults

    assert any(fault.kind is FaultKind.MOVED for fault in faults)


def test_an_entry_that_is_repeated_later_is_named():
    """A copy of an old entry, at the end of the trail, is not what happened."""
    entries = trail_of(WRITER_ORDER)

    (fault,) = verify_entries([*entries, entries[0]]).faults
    assert str(fault) == "offset 5: w0 1 is out of its order"


def test_a_mark_that_was_kept_elsewhere_holds_all_before_it():
    """Cut at its end, or written anew from some point on, a trail is no longer the one marked."""
    entries = trail_of(WRITER_ORDER)
    mark = verify_entries(entries).mark

    assert mark.offset == 4 and verify_entries(entries, mark).faults == []
    (cut,) = verify_entries(entries[:-1], mark).faults
    assert (cut.offset, cut.kind) == (4, FaultKind.MISSING)
    anew = verify_entries([*entries[:-1], forged_entry(entries[-1], who="nobody")], mark).faults
    assert [(fault.offset, fault.kind) for fault in anew] == [(4, FaultKind.ALTERED)]
