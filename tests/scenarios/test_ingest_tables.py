"""Tests the commands that read data sets of CDISC as a user runs them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.paths import shared
from tests.scenarios.commands import run_tocsin
from tests.streams.sources.adam.adam_folder import ADAE, ADSL, Row, write_adam

CONTROL: Row = ADSL | {"USUBJID": "S-2", "ARM": "Drug", "TRT01A": "Drug"}

MAPPING = """\
study = "T"
system = "adam"
dates = ["%Y-%m-%d"]

[[file]]
name = "subjects"
path = "adsl.ndjson"
record = "subject"
fields = { subject = "USUBJID", randomised_treatment = "ARM", treatment_start = "TRTSDT" }

[[file]]
name = "events"
path = "adae.ndjson"
record = "adverse_event"
fields = { subject = "USUBJID", sequence = "AESEQ", preferred_term = "AEDECOD", onset = "ASTDT", \
severity = "AESEV" }
codes.severity = { "AWFUL" = "severe" }
"""


def ingest(command: str, folder: Path, to: Path, *flags: str) -> tuple[int, str]:
    """Run `tocsin ingest` and return its exit code and what it says."""
    result = run_tocsin("ingest", command, str(folder), "--study", "T", "--to", str(to), *flags)
    return result.code, result.stderr


@pytest.mark.parametrize("command", ["adam", "dataset-json"])
def test_both_commands_read_adam_in_dataset_json(command: str, tmp_path: Path):
    """The log replays: a plan, two subjects, their treatments, a case."""
    folder = write_adam(tmp_path, [ADSL, CONTROL])

    code, stderr = ingest(command, folder, tmp_path / "log.jsonl")
    assert (code, "records written" in stderr) == (0, True)
    lines = (tmp_path / "log.jsonl").read_text().splitlines()
    assert {json.loads(line)["type"] for line in lines} >= {"plan", "subject", "adverse_event"}
    assert run_tocsin("replay", str(tmp_path / "log.jsonl"), "--strict").code == 0


@pytest.mark.parametrize(
    ("command", "folder", "message"),
    [
        ("adam", "cdisc_dataset_json/raw/sdtm", "it has DM: tocsin ingest sdtm"),
        ("sdtm", "cdisc_dataset_json/raw/adam", "it has ADSL: tocsin ingest adam"),
        ("sdtm", "e2b_r3_fda_samples/raw", "this is E2B(R3): tocsin ingest e2b"),
        ("dataset-json", "listings/odm", "this is CDISC ODM: tocsin ingest odm"),
        ("adam", "listings/pharmaverseraw", "this is a listing as CSV: tocsin ingest csv"),
        ("adam", "cgd/events.csv", "this is a listing as CSV: tocsin ingest csv"),
    ],
)
def test_the_wrong_kind_of_file_is_called_what_it_is(
    command: str, folder: str, message: str, tmp_path: Path
):
    """Nothing is written, and the message names the command to use."""
    code, stderr = ingest(command, shared("data", *folder.split("/")), tmp_path / "log.jsonl")

    assert code == 3
    assert message in " ".join(stderr.split())
    assert not (tmp_path / "log.jsonl").exists()


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"AETERM": "x" * 1_000_000}, "refused: 1 x a text has more than 32,767 characters"),
        ({"AESEV": "AWFUL"}, "refused: 1 x a word is in none of the code lists of CDISC"),
    ],
)
def test_a_row_that_is_refused_stops_the_ingest(cells: Row, message: str, tmp_path: Path):
    """A term of a megabyte and an unknown word: named by column and row, and never repeated."""
    code, stderr = ingest(
        "adam", write_adam(tmp_path, [ADSL, CONTROL], [ADAE | cells]), tmp_path / "l"
    )

    assert code == 3
    assert message in stderr
    assert "AWFUL" not in stderr
    assert "row 1" in stderr
    assert not (tmp_path / "l").exists()


def test_a_mapping_says_what_unknown_words_mean(tmp_path: Path):
    """The data sets are read by the user's own mapping, in the language of CSV listings."""
    folder = write_adam(tmp_path, [ADSL, CONTROL], [ADAE | {"AESEV": "AWFUL"}])
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(MAPPING)

    assert ingest("adam", folder, tmp_path / "l", "--mapping", str(mapping))[0] == 0
    records = map(json.loads, (tmp_path / "l").read_text().splitlines())
    assert [each["severity"] for each in records if each["type"] == "adverse_event"] == ["severe"]


def test_an_invalid_mapping_is_a_wrong_flag(tmp_path: Path):
    """The message names the mapping's own mistake."""
    (tmp_path / "mapping.toml").write_text("[[file]]\n")

    code, stderr = ingest(
        "adam", write_adam(tmp_path), tmp_path / "l", "--mapping", str(tmp_path / "mapping.toml")
    )
    assert (code, "mapping.toml" in stderr) == (2, True)
