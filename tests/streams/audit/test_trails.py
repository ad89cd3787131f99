"""What is noted while services fail, many ask at once or words are hostile; where it is kept."""

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


async def test_what_may_not_have_been_written_is_written_again():
    """A broker that does not confirm may have it: the same entry twice is one."""
    kept = MemoryTrail(loses_replies=True)
    log = chain(kept, "w")
    with pytest.raises(LogUnreachable):
        await log.log_action(AuditAction.READ, "one")
    kept.loses_replies = False

    await log.log_action(AuditAction.READ, "two")

    assert [parse_entry(entry)["what"] for entry in kept.entries] == ["one", "one", "two"]
    found = verify_entries(kept.entries)
    assert (found.faults, found.repeated) == ([], 1)


async def test_what_cannot_be_noted_is_not_noted_later_either():
    """While the trail does not answer, nobody may look: the caller hears of it."""
    kept = MemoryTrail(down=True)
    log = chain(kept, "w")
    for _ in range(2):
        with pytest.raises(LogUnreachable):
            await log.log_action(AuditAction.READ, "one")
    kept.down = False

    await log.log_action(AuditAction.READ, "two")

    assert verify_entries(kept.entries).faults == []


async def test_notes_at_one_moment_are_one_chain():
    """A board has many readers; their entries do not fork its chain."""
    kept = MemoryTrail()
    log = chain(kept, "w")

    await asyncio.gather(
        *(log.log_action(AuditAction.READ, f"page {number}") for number in range(20))
    )

    assert verify_entries(kept.entries).faults == [] and len(kept.entries) == 20


async def test_a_hostile_word_is_one_entry():
    """Half a surrogate, a line end, a long text: cut, and kept as one line of JSON."""
    kept = MemoryTrail()

    await chain(kept, "w").log_action(AuditAction.READ, "\ud800\n" + "x" * 5000, why="\x1b[2J")

    (entry,) = kept.entries
    assert b"\n" not in entry and len(parse_entry(entry)["what"]) == TEXT_CHARACTERS_MAX
    assert verify_entries(kept.entries).faults == []


async def test_a_file_keeps_a_trail_too(tmp_path: Path):
    """For the demo and a first try; two processes append to one."""
    path = tmp_path / "audit.jsonl"
    settings = Settings(audit=f"file:{path}")
    for _ in range(2):
        log = open_audit_log(settings, "test")
        assert isinstance(log.trail, FileTrail) and log.who == principal() != ""
        await log.log_action(AuditAction.READ, "one")
        await log.log_action(AuditAction.READ, "two")
        await log.close()

    found = open_trail_log(settings)
    assert found is not None
    entries = [record.value or b"" for record in await found.read(0, 9)]
    await found.close()
    assert verify_entries(entries).faults == [] and len(entries) == 4
    assert parse_entry(entries[2])["follows"] == 1


async def test_an_entry_that_was_cut_off_costs_no_other(tmp_path: Path):
    """Power fails while a line is written: what is noted next has a line of its own."""
    path = tmp_path / "audit"
    settings = Settings(audit=f"file:{path}")
    await open_audit_log(settings, "test").log_action(AuditAction.READ, "one")
    path.write_bytes(path.read_bytes()[:-9])
    await open_audit_log(settings, "test").log_action(AuditAction.READ, "two")

    torn, whole = path.read_bytes().splitlines()
    assert parse_entry(whole)["what"] == "two"
    assert [str(each.kind) for each in verify_entries([torn, whole]).faults] == ["is no entry"]


def test_a_principal_is_the_users_and_the_logins_name():
    """Neither is a variable that whoever gives the command may set; Kafka has checked the login."""
    assert principal("board") == f"{principal()} as board"


async def test_a_file_that_cannot_be_written_is_said(tmp_path: Path):
    """Then nothing may be shown."""
    log = open_audit_log(Settings(audit=f"file:{tmp_path}/none/audit"), "test")

    with pytest.raises(LogUnreachable, match="cannot be written"):
        await log.log_action(AuditAction.READ, "one")


async def test_where_nothing_is_kept_nothing_is_asked():
    """On one machine, without signed plans, the audit may be off."""
    settings = Settings(audit="off")
    log = open_audit_log(settings, "test")

    await log.log_action(AuditAction.READ, "one")
    assert await log.trail.head() == TrailHead() and open_trail_log(settings) is None
    await log.close()
