"""Tests of the file log: a missing file and an incomplete last line."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.log import LogUnreachable, OffsetRange
from streams.log.file import FileLog


async def test_a_missing_file_is_named(tmp_path: Path):
    """A missing file raises LogUnreachable, like a missing broker."""
    with pytest.raises(LogUnreachable, match=r"log\.jsonl cannot be read: No such file"):
        await FileLog(tmp_path / "log.jsonl").offset_range()


async def test_an_incomplete_last_line_is_read_again(tmp_path: Path):
    """A file is read while it is written: an incomplete line is a record until it is complete."""
    path = tmp_path / "log.jsonl"
    path.write_bytes(b'{"study":"S"}\r\n{"stu')

    log = FileLog(path)
    incomplete = (await log.read(1, 9))[0]
    assert (incomplete.key, incomplete.value) == (None, b'{"stu')
    with path.open("ab") as file:
        file.write(b'dy":"T"}\n')
    complete = (await log.read(1, 9))[0]
    assert (complete.offset, complete.key, complete.value) == (1, b"T", b'{"study":"T"}')
    assert await log.offset_range() == OffsetRange(0, 2)
    await log.close()
