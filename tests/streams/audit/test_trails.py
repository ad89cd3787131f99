"""Audit entries under failures, concurrency and hostile texts, and trails in files."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from streams.audit.audit_log import TEXT_CHARACTERS_MAX, AuditAction, TrailHead
from streams.audit.file_trail import FileTrail
from streams.audit.trails import open_audit_log, open_trail_log, principal
from streams.log import LogUnreachable
from streams.settings import Settings
from tests.streams.audit.trail_builders import MemoryTrail, chain, parse_entry, verify_entries


async def test_an_unconfirmed_entry_is_written_again():
    """The broker may have stored it without confirming it: a repeated entry is no fault."""
    trail = MemoryTrail(loses_replies=True)
    log = chain(trail, "w")
    with pytest.raises(LogUnreachable):
        await log.log_action(AuditAction.READ, "one")
    trail.loses_replies = False

    await log.log_action(AuditAction.READ, "two")

    assert [parse_entry(entry)["what"] for entry in trail.entries] == ["one", "one", "two"]
    report = verify_entries(trail.entries)
    assert (report.faults, report.repeated) == ([], 1)


async def test_an_action_that_cannot_be_audited_raises():
    """The caller must not show data while the trail is unreachable; the chain stays valid."""
    trail = MemoryTrail(down=True)
    log = chain(trail, "w")
    for _ in range(2):
        with pytest.raises(LogUnreachable):
            await log.log_action(AuditAction.READ, "one")
    trail.down = False

    await log.log_action(AuditAction.READ, "two")

    assert verify_entries(trail.entries).faults == []


async def test_concurrent_entries_form_one_chain():
    """Concurrent readers of a board page do not fork the chain of its process."""
    trail = MemoryTrail()
    log = chain(trail, "w")

    await asyncio.gather(
        *(log.log_action(AuditAction.READ, f"page {number}") for number in range(20))
    )

    assert verify_entries(trail.entries).faults == [] and len(trail.entries) == 20


async def test_a_hostile_text_is_one_entry():
    """A lone surrogate, a line break or a long text is stored truncated, as one line of JSON."""
    trail = MemoryTrail()

    await chain(trail, "w").log_action(AuditAction.READ, "\ud800\n" + "x" * 5000, why="\x1b[2J")

    (entry,) = trail.entries
    assert b"\n" not in entry and len(parse_entry(entry)["what"]) == TEXT_CHARACTERS_MAX
    assert verify_entries(trail.entries).faults == []


async def test_a_trail_can_be_a_file(tmp_path: Path):
    """For the demo and first trials; several processes append to one file."""
    path = tmp_path / "audit.jsonl"
    settings = Settings(audit=f"file:{path}")
    for _ in range(2):
        log = open_audit_log(settings, "test")
        assert isinstance(log.trail, FileTrail) and log.who == principal() != ""
        await log.log_action(AuditAction.READ, "one")
        await log.log_action(AuditAction.READ, "two")
        await log.close()

    trail_log = open_trail_log(settings)
    assert trail_log is not None
    entries = [record.value or b"" for record in await trail_log.read(0, 9)]
    await trail_log.close()
    assert verify_entries(entries).faults == [] and len(entries) == 4
    assert parse_entry(entries[2])["follows"] == 1


async def test_a_truncated_entry_does_not_damage_the_next_one(tmp_path: Path):
    """After a power failure within a line, the next entry begins a new line."""
    path = tmp_path / "audit"
    settings = Settings(audit=f"file:{path}")
    await open_audit_log(settings, "test").log_action(AuditAction.READ, "one")
    path.write_bytes(path.read_bytes()[:-9])
    await open_audit_log(settings, "test").log_action(AuditAction.READ, "two")

    truncated, intact = path.read_bytes().splitlines()
    assert parse_entry(intact)["what"] == "two"
    assert [str(each.kind) for each in verify_entries([truncated, intact]).faults] == [
        "is no entry"
    ]


def test_a_principal_has_the_names_of_user_and_login():
    """Neither comes from an environment variable; Kafka has verified the login."""
    assert principal("board") == f"{principal()} as board"


async def test_a_file_that_cannot_be_written_raises(tmp_path: Path):
    """The caller must not show data then."""
    log = open_audit_log(Settings(audit=f"file:{tmp_path}/none/audit"), "test")

    with pytest.raises(LogUnreachable, match="cannot be written"):
        await log.log_action(AuditAction.READ, "one")


async def test_without_an_audit_no_trail_is_opened():
    """On a local machine, without signed plans, the audit may be off."""
    settings = Settings(audit="off")
    log = open_audit_log(settings, "test")

    await log.log_action(AuditAction.READ, "one")
    assert await log.trail.head() == TrailHead() and open_trail_log(settings) is None
    await log.close()
