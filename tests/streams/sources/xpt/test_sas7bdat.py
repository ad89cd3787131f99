"""Tests the reader of sas7bdat files on a real one: the iris data as haven (MIT) ships them."""

from __future__ import annotations

import gzip
from pathlib import Path
from random import Random

import pytest

from streams.sources import sas7bdat
from streams.sources.report import IngestReport, UnreadableSource
from streams.sources.table import open_table
from tests.streams.sources.mutations import mutated
from tests.streams.sources.tables import read_cells

IRIS = gzip.decompress((Path(__file__).parent / "iris.sas7bdat.gz").read_bytes())


@pytest.fixture
def iris(tmp_path: Path) -> Path:
    """Return the path of the real file."""
    path = tmp_path / "iris.sas7bdat"
    path.write_bytes(IRIS)
    return path


def test_a_data_file_of_sas_reads(iris: Path):
    """Names are in capitals, numbers are as short as they were written."""
    assert open_table(iris).name == "IRIS"
    cells = read_cells(iris)
    assert len(cells) == 150
    assert list(cells[0].values()) == ["5.1", "3.5", "1.4", "0.2", "setosa"]


def test_rows_are_read_some_at_a_time():
    """A chunk holds so many rows that 200 columns of text stay below the limit of memory."""
    assert sas7bdat.ROWS_AT_ONCE <= 10_000


def test_damaged_files_are_refused_with_a_sentence(iris: Path):
    """Whatever pyreadstat raises, the message says what to do."""
    random = Random(15)
    refused = 0
    for _ in range(300):
        iris.write_bytes(mutated(IRIS, random, header=9_000))
        try:
            for _ in open_table(iris).rows(IngestReport()):
                pass
        except UnreadableSource as error:
            refused += "copy it again" in str(error)

    assert refused > 20
