"""Tests that a folder which cannot be ingested is refused with the remedy."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from streams.sources.report import UnreadableSource
from streams.sources.sdtm import SdtmReader
from tests.paths import ROOT
from tests.scenarios.realdata import CDISC, tabulation_folder
from tests.streams.sources.ingested import Ingested, ingest

# Fields of a transport file have fixed widths, so names and values are overwritten in place.
DAMAGE_BY_MESSAGE = {
    "no variable ARM or ARMCD": [("dm", b"ARM     ", b"ARX     "), ("dm", b"ARMCD", b"ARXCD")],
    "Name one of 'Vehicle', 'Xanomeline High Dose'": [("dm", b"Placebo", b"Vehicle")],
}
"""Messages of a refusal, with the changes to the files that cause it."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of the tabulation that a test may damage."""
    for domain in ("dm", "ae", "ex", "ds"):
        shutil.copyfile(tabulation_folder() / f"{domain}.xpt", tmp_path / f"{domain}.xpt")
    return tmp_path


def overwrite(folder: Path, domain: str, before: bytes, after: bytes) -> None:
    """Overwrite *before* with *after*, which is as long."""
    path = folder / f"{domain}.xpt"
    assert len(before) == len(after)
    assert before in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(before, after))


def read(folder: Path, plan: str | None = None) -> Ingested:
    return ingest(SdtmReader(folder), CDISC, plan=plan)


def ingest_error(folder: Path, plan: str | None = None) -> str:
    """Ingest *folder*, which must be refused, and return the message."""
    with pytest.raises(UnreadableSource) as caught:
        read(folder, plan)
    return str(caught.value)


@pytest.mark.parametrize(("message", "changes"), DAMAGE_BY_MESSAGE.items())
def test_a_fault_in_a_domain_is_named(
    folder: Path, message: str, changes: list[tuple[str, bytes, bytes]]
):
    """The message names the variable or the arms, and the remedy, for users who do not program."""
    for change in changes:
        overwrite(folder, *change)

    assert message in ingest_error(folder)


def test_two_rows_for_one_subject_are_named(folder: Path):
    """They differ in their arm, and nothing says which one is right."""
    overwrite(folder, "dm", b"01-701-1028", b"01-701-1015")

    assert read(folder).group("two_arms_for_one_subject").refused


def test_a_partial_start_is_no_reason_to_refuse(folder: Path):
    """The earliest dose decides; a day is never invented."""
    overwrite(folder, "dm", b"2013-07-19", b"2013-07   ")
    found = read(folder)

    assert not found.report.refused
    assert found.counts["start_unknown"] >= 1


def test_a_missing_domain_is_named(folder: Path):
    """The message describes the folder that is needed."""
    (folder / "ae.xpt").unlink()

    assert f"{folder} has no ae.xpt" in ingest_error(folder)


def test_a_file_in_place_of_a_folder_is_refused(folder: Path):
    """A file given for its folder is a common mistake with its own message."""
    assert "is not a folder" in ingest_error(folder / "dm.xpt")


def test_a_truncated_file_is_refused(folder: Path):
    """The rows before the cut are readable, but the subjects after it would be missing."""
    (folder / "ae.xpt").write_bytes((folder / "ae.xpt").read_bytes()[:-1000])

    assert "ae.xpt" in ingest_error(folder)


@pytest.mark.parametrize("toml", ["periods = 3", "[[periods]]\n", "not toml", 'study = "x"'])
def test_an_invalid_plan_is_refused(folder: Path, toml: str):
    """Every record would be refused after it."""
    assert "the plan is refused" in ingest_error(folder, plan=toml)


def test_the_plan_of_another_study_is_refused(folder: Path):
    """The message names both."""
    plan = read(folder).plan.replace(CDISC, "OTHER")

    assert "the plan is of study OTHER" in ingest_error(folder, plan=plan)


def test_letters_beyond_ascii_are_read_in_either_encoding(folder: Path):
    """Transport files do not name their encoding; SAS on Windows wrote CP1252."""
    overwrite(folder, "ae", b"HEADACHE", b"C\xc9PHAL\xc9E")

    assert "C\u00c9PHAL\u00c9E" in {one.get("preferred_term") for one in read(folder).records}


@pytest.mark.parametrize("absent", ["pandas", "polars", "pyreadstat"])
def test_no_data_frame_library_is_needed(folder: Path, absent: str):
    """Transport files are read by the standard library."""
    hidden = folder / "hidden"
    hidden.mkdir()
    (hidden / f"{absent}.py").write_text("raise ImportError(__name__)\n")
    process = subprocess.run(
        [sys.executable, "-m", "tocsin", "ingest", "sdtm", folder, "--study", "S", "--to", "log"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(hidden), str(ROOT)])},
        capture_output=True,
        text=True,
        check=False,
    )

    assert process.returncode == 0, process.stderr
    assert "2897 records written to log" in process.stderr
