"""Detects every altered, moved or missing entry of an audit trail."""

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


async def test_an_entry_has_who_when_what_and_why():
    """It also has the study, alert or partition, and whether the action was done."""
    trail = MemoryTrail()
    log = chain(trail, "board-1")

    where = {"study": "S", "alert": "a1"}
    await log.log_action(AuditAction.MOVE, "confirm", why="Read it.", where=where, who="ben")
    await log.log_action(AuditAction.READ, "/metrics", outcome=AuditOutcome.REFUSED)

    first, second = map(parse_entry, trail.entries)
    assert (first["who"], first["act"], first["what"], first["why"]) == (
        "ben", "move", "confirm", "Read it.",
    )  # fmt: skip
    assert (first["where"], first["outcome"], first["at"][-1]) == (where, "done", "Z")
    assert (second["who"], second["outcome"], second["where"]) == ("ann", "refused", {})
    assert second["previous"] == first["digest"] and (first["seq"], second["seq"]) == (1, 2)


@given(order=WRITER_ORDERS)
def test_interleaved_chains_of_several_processes_are_valid(order: list[int]):
    """An unchanged trail has no faults, in whichever order its processes write."""
    report = verify_entries(trail_of(order))

    assert (report.faults, report.entries, report.writers) == ([], len(order), len(set(order)))


@given(order=WRITER_ORDERS, data=st.data())
def test_any_changed_byte_is_detected(order: list[int], data: st.DataObject):
    """The fault names the changed entry, even if it is the last one."""
    entries = trail_of(order)
    number = data.draw(st.integers(0, len(entries) - 1))
    raw = entries[number]
    index, byte = data.draw(st.integers(0, len(raw) - 1)), data.draw(st.integers(0, 255))
    entries[number] = raw[:index] + bytes([byte]) + raw[index + 1 :]

    faults = verify_entries(entries).faults

    if byte == raw[index]:
        assert faults == []
    else:
        assert min((fault.offset, fault.kind) for fault in faults)[0] <= number
        assert any(
            fault.offset == number and fault.kind in (FaultKind.ALTERED, FaultKind.UNREADABLE)
            for fault in faults
        )


@given(order=WRITER_ORDERS, data=st.data())
def test_a_forged_entry_is_detected_by_the_next_one_of_its_chain(
    order: list[int], data: st.DataObject
):
    """Its own digest is valid, but the next entry contains the original digest."""
    entries = trail_of([*order, *sorted(set(order))])
    number = data.draw(st.integers(0, len(order) - 1))
    entries[number] = forged_entry(entries[number], who="nobody")
    name = "{writer} {seq}".format(**parse_entry(entries[number]))

    faults = verify_entries(entries).faults

    assert (faults[0].offset, faults[0].kind) == (number, FaultKind.ALTERED)
    assert name in {fault.entry for fault in faults}


def test_the_last_entry_of_a_process_is_protected_by_the_next_process():
    """Most commands write one entry, whose digest the entry of the next command contains."""
    entries = trail_of([0, 1, 2])
    entries[1] = forged_entry(entries[1], who="nobody")

    (fault,) = verify_entries(entries).faults
    assert (fault.offset, fault.kind) == (1, FaultKind.ALTERED)


@given(order=WRITER_ORDERS, data=st.data())
def test_a_missing_entry_is_detected(order: list[int], data: st.DataObject):
    """It is detected even if the offsets are renumbered, as in a copied topic."""
    entries = trail_of([*order, *sorted(set(order))])
    number = data.draw(st.integers(0, len(order) - 1))
    removed = parse_entry(entries[number])

    faults = verify_entries(entries[:number] + entries[number + 1 :]).faults

    missing = [fault for fault in faults if fault.kind is FaultKind.MISSING]
    assert missing and f"{removed['writer']} {removed['seq']}" in {fault.entry for fault in missing}


def test_the_removal_of_all_entries_of_a_process_is_detected():
    """The next process contains the digest of its only entry."""
    entries = trail_of([0, 1, 2])

    faults = verify_entries([entries[0], entries[2]]).faults

    assert [(fault.offset, fault.kind) for fault in faults] == [(1, FaultKind.MISSING)]
    assert str(faults[0]) == "offset 1: an entry before w2 1 is missing"


def test_a_gap_in_the_offsets_is_a_missing_entry():
    """The topic permits no deletion, so a gap means that an entry was removed."""
    all_records = records(trail_of(WRITER_ORDER))
    verifier = ChainVerifier()
    verifier.add([*all_records[:1], *all_records[2:]])

    faults = verifier.finish().faults
    assert (faults[0].offset, faults[0].kind) == (1, FaultKind.MISSING)


@given(order=WRITER_ORDERS, data=st.data())
def test_reordered_entries_of_a_process_are_detected(order: list[int], data: st.DataObject):
    """The order of actions is part of the audit trail."""
    entries = trail_of([0, *order, 0])
    numbers = [
        number for number, entry in enumerate(entries) if parse_entry(entry)["writer"] == "w0"
    ]
    earlier, later = sorted(data.draw(st.permutations(numbers))[:2])
    entries[earlier], entries[later] = entries[later], entries[earlier]

    faults = verify_entries(entries).faults

    assert any(fault.kind is FaultKind.MOVED for fault in faults)


def test_a_later_copy_of_an_entry_is_detected():
    """A copy at the end of the trail claims an action that did not happen."""
    entries = trail_of(WRITER_ORDER)

    (fault,) = verify_entries([*entries, entries[0]]).faults
    assert str(fault) == "offset 5: w0 1 is out of its order"


def test_a_mark_kept_outside_of_the_trail_protects_all_entries_before_it():
    """A trail that was cut at its end, or rewritten from some entry on, contradicts the mark."""
    entries = trail_of(WRITER_ORDER)
    mark = verify_entries(entries).mark

    assert mark.offset == 4 and verify_entries(entries, mark).faults == []
    (fault,) = verify_entries(entries[:-1], mark).faults
    assert (fault.offset, fault.kind) == (4, FaultKind.MISSING)
    faults = verify_entries([*entries[:-1], forged_entry(entries[-1], who="nobody")], mark).faults
    assert [(fault.offset, fault.kind) for fault in faults] == [(4, FaultKind.ALTERED)]
