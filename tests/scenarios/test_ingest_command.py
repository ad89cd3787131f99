"""The command `tocsin ingest`: what it writes, and what it says where it cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scenarios.commands import is_refused, run_tocsin
from tests.streams.sources.sdtm.sdtm_folder import AE, write_sdtm


def test_nothing_is_written_where_a_row_is_refused(tmp_path: Path):
    """The former file stays as it was, and the value is in no message."""
    log = tmp_path / "log.jsonl"
    log.write_text("former\n")
    write_sdtm(tmp_path, ae=[AE, {**AE, "AESEV": "SECRET"}])
    run = run_tocsin("ingest", "sdtm", tmp_path, "--study", "S", "--to", log)

    assert is_refused(run, 3, "refused: 1 x", "ae.ndjson AESEV, row 2", "Nothing is written")
    assert "SECRET" not in run.stderr
    assert log.read_text() == "former\n"
    assert {path.name for path in tmp_path.iterdir()} == {"ae.ndjson", "dm.ndjson", "log.jsonl"}


@pytest.mark.parametrize("to", ["absent/log.jsonl", "."])
def test_a_target_that_cannot_be_written_is_named(to: str, tmp_path: Path):
    """It is a mistake of the call."""
    write_sdtm(tmp_path)
    run = run_tocsin("ingest", "sdtm", tmp_path, "--study", "S", "--to", tmp_path / to)

    assert is_refused(run, 2, "cannot be written")


def test_a_broker_that_does_not_answer_is_named(tmp_path: Path):
    """`--to kafka` sends through the checked producer."""
    write_sdtm(tmp_path)
    run = run_tocsin(
        "ingest", "sdtm", tmp_path, "--study", "S", "--to", "kafka", TOCSIN_BROKER="localhost:1"
    )

    assert is_refused(run, 4, "doctor")
