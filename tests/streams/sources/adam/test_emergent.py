"""Tests that TRTEMFL is a check: where it differs from what is counted, a finding says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.sources.adam import AdamReader
from tests.streams.sources.adam.adam_folder import ADAE, ADSL, write_adam
from tests.streams.sources.ingested import ingest

CONTROL = ADSL | {"USUBJID": "S-2", "ARM": "Drug", "TRT01A": "Drug"}


@pytest.mark.parametrize(
    ("onset", "flag", "found"),
    [
        ("2014-02-01", "Y", 0),
        ("2014-02-01", "N", 1),
        ("2014-02-01", None, 1),
        ("2014-01-01", "Y", 1),
        ("2014-01-01", None, 0),
    ],
)
def test_a_flag_that_differs_is_a_finding_and_decides_nothing(
    onset: str, flag: str | None, found: int, tmp_path: Path
):
    """The record is the same whatever the flag says."""
    plain = {key: value for key, value in ADAE.items() if key != "TRTEMFL"} | {"ASTDT": onset}
    (tmp_path / "plain").mkdir()
    (tmp_path / "flagged").mkdir()
    without = write_adam(tmp_path / "plain", [ADSL, CONTROL], [plain])
    flagged = write_adam(tmp_path / "flagged", [ADSL, CONTROL], [plain | {"TRTEMFL": flag}])

    study = ingest(AdamReader(flagged))
    assert study.counts.get("treatment_emergent_differs", 0) == found
    assert study.records == ingest(AdamReader(without)).records
