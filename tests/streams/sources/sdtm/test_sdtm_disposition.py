"""Reads how subjects left from DS: its dispositions, and each death."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.sources.sdtm import SdtmReader
from tests.streams.sources.ingested import Ingested, ingest
from tests.streams.sources.sdtm.sdtm_folder import DS, Row, write_sdtm


def read(folder: Path, rows: list[Row]) -> Ingested:
    return ingest(SdtmReader(write_sdtm(folder, ds=rows)))


def test_only_dispositions_end_follow_up(tmp_path: Path):
    """A later milestone or visit of DS is none."""
    visit = {**DS, "DSCAT": "OTHER EVENT", "DSDECOD": "FINAL LAB VISIT", "DSSTDTC": "2015-01-01"}
    found = read(tmp_path, [DS, visit])

    assert ("completed", "2014-07-02") in {
        (one["status"], one["date"]) for one in found.of_type("disposition")
    }
    group = found.group("row_not_counted")
    assert (group.column, group.rows, group.refused) == ("DSCAT", (2,), False)


@pytest.mark.parametrize("category", ["OTHER EVENT", "PROTOCOL MILESTONE", "DISPOSITION EVENT", ""])
def test_a_death_in_ds_counts_whatever_its_category(category: str, tmp_path: Path):
    """Sponsors enter it as another event too, and DM may not have its date."""
    death = {**DS, "DSCAT": category, "DSDECOD": "DEATH", "DSSTDTC": "2014-08-01"}
    found = read(tmp_path, [DS, death])

    assert ("died", "2014-08-01") in {
        (one["status"], one["date"]) for one in found.of_type("disposition")
    }
    assert "row_not_counted" not in found.counts
