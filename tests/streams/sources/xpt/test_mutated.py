"""Reads 2,000 damaged transport files: each is read or refused with a sentence, none crashes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

from streams.sources.report import IngestReport, UnreadableSource
from streams.sources.table import open_table
from tests.streams.sources.mutations import mutated
from tests.streams.sources.xpt.transport import Column, transport_file

FILES = 2_000
COLUMNS = [
    Column("USUBJID", 12),
    Column("AETERM", 40),
    Column("AESEQ", is_number=True),
    Column("ASTDT", width=4, is_number=True, form="DATE"),
]
ROWS = [[f"S-{number}".encode(), "Œdème".encode(), float(number), 19725.0] for number in range(9)]


def outcome(path: Path) -> str:
    """Return "read", or the message with which the file is refused."""
    try:
        for row in open_table(path).rows(IngestReport()):
            assert all(isinstance(text, str) for text in row.cells.values())
    except UnreadableSource as error:
        return str(error).removeprefix(str(path))
    return "read"


def test_no_damaged_file_ends_in_a_traceback(tmp_path: Path):
    """Flips, cuts and insertions, most of them in the headers, in both versions."""
    random = Random(15)
    whole = [transport_file(COLUMNS, ROWS, version=version) for version in (5, 8)]
    path = tmp_path / "ae.xpt"
    outcomes: Counter[str] = Counter()
    for _ in range(FILES):
        path.write_bytes(mutated(random.choice(whole), random, header=1_400))
        outcomes[outcome(path)] += 1

    assert sum(outcomes.values()) == FILES
    assert outcomes["read"] > 100
    assert len(outcomes) > 8
