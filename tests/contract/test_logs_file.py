"""What only a file has as a log: a name that may be wrong, and an end that may be half a line."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.log import LogUnreachable, OffsetRange
from streams.log.file import FileLog


async def test_a_file_that_is_not_there_is_named(tmp_path: Path):
    """As a broker that is not there."""
    with pytest.raises(LogUnreachable, match=r"log\.jsonl cannot be read: No such file"):
        await FileLog(tmp_path / "log.jsonl").offset_range()


async def test_a_last_line_that_is_not_all_there_yet_is_read_again(tmp_path: Path):
    """A file may be read while somebody writes it: half a line is a record of its own for now."""
    path = tmp_path / "log.jsonl"
    path.write_bytes(b'{"study":"S"}\r\n{"stu')

    log = FileLog(path)
    half = (await log.read(1, 9))[0]
    assert (half.key, half.value) == (None, b'{"stu')
    with path.open("ab") as file:
        file.write(b'dy":"T"}\n')
    whole = (await log.read(1, 9))[0]
    assert (whole.offset, whole.key, whole.value) == (1, b"T", b'{"study":"T"}')
    assert await log.offset_range() == OffsetRange(0, 2)
    await log.close()
