"""Tests that a folder which cannot be ingested is refused with the remedy."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from streams.sources.sdtm import read_records
from streams.sources.sdtm_plan import default_plan
from streams.sources.sdtm_terms import identifier
from streams.sources.xpt import UnreadableStudy, read_tabulation
from tests.paths import ROOT
from tests.scenarios.realdata import CDISC, tabulation_folder

# Fields of a transport file have fixed widths, so names and values are overwritten in place.
NO_START = ("dm", b"RFXSTDTC", b"RFXSTDTX")
NO_DM_DATE = ("dm", b"DMDTC   ", b"DMDTX   ")
NO_DISPOSITION = ("ds", b"DISPOSITION EVENT", b"DISPOSITION_EVENT")
NO_COLLECTION_DATE = ("ae", b"AEDTC   ", b"AEDTX   ")
UNKNOWN_SUBJECT = ("ae", b"01-701-1118", b"01-701-9118")
ONE_ARM = [
    ("dm", b"Xanomeline High Dose", b"Placebo             "),
    ("dm", b"Xanomeline Low Dose", b"Placebo            "),
]
NO_TREATED_SUBJECT = [NO_START, ("dm", b"RFICDTC ", b"RFXSTDTC")]

DAMAGE_BY_MESSAGE = {
    "has no variable RFXSTDTC, which domain DM needs: export": [NO_START],
    "two rows for subject 01-701-1015": [("dm", b"01-701-1023", b"01-701-1015")],
    "Name one of 'Vehicle', 'Xanomeline High Dose'": [("dm", b"Placebo", b"Vehicle")],
    "would both be called 'xanomeline_high_dose'": [
        ("dm", b"Xanomeline Low Dose ", b"xanomeline high-dose")
    ],
    "DM has one treated arm, 'Placebo': a plan compares two": ONE_ARM,
    "no subject with RFXSTDTC and an arm: none was treated": NO_TREATED_SUBJECT,
    "01-701-1028 has RFXSTDTC '2013-07', not a full date": [("dm", b"2013-07-19", b"2013-07   ")],
    "nor a disposition: the day on which it became known": [NO_DM_DATE, NO_DISPOSITION],
    "01-701-9118 has no full date in AEDTC or AESTDTC": [NO_COLLECTION_DATE, UNKNOWN_SUBJECT],
    "is neither UTF-8 nor WINDOWS-1252": [("ae", b"HEADACHE", b"HEAD\x81CHE")],
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


def ingest_error(folder: Path, control: str | None = None, plan: str | None = None) -> str:
    """Ingest *folder*, which must be refused, and return the message."""
    with pytest.raises(UnreadableStudy) as caught:
        list(read_records(folder, CDISC, plan, control=control))
    return str(caught.value)


@pytest.mark.parametrize(("message", "changes"), DAMAGE_BY_MESSAGE.items())
def test_a_fault_in_a_domain_is_named(
    folder: Path, message: str, changes: list[tuple[str, bytes, bytes]]
):
    """The message names the variable or subject, and the remedy, for users who do not program."""
    for change in changes:
        overwrite(folder, *change)

    assert message in ingest_error(folder)


def test_a_missing_domain_is_named(folder: Path):
    """The message describes the folder that is needed."""
    (folder / "ae.xpt").unlink()

    assert f"{folder} has no ae.xpt: give the folder that holds" in ingest_error(folder)


def test_a_file_in_place_of_a_folder_is_refused(folder: Path):
    """A file given for its folder is a common mistake with its own message."""
    assert "is not a folder: give the folder that holds dm.xpt" in ingest_error(folder / "dm.xpt")


def test_a_file_that_is_not_a_transport_file_is_refused(folder: Path):
    """Mail gateways and copies in text mode produce such files."""
    (folder / "ex.xpt").write_bytes(b"EXSEQ,EXTRT\n" * 200)

    assert "ex.xpt is not a SAS transport file" in ingest_error(folder)


def test_a_truncated_file_is_refused(folder: Path):
    """The rows before the cut are readable, but the subjects after it would be missing."""
    (folder / "ae.xpt").write_bytes((folder / "ae.xpt").read_bytes()[:-1000])

    assert "ae.xpt is cut short" in ingest_error(folder)


def test_a_requested_control_arm_is_used(folder: Path):
    """Where no arm is called placebo, the user names the control; an unknown arm is refused."""
    overwrite(folder, "dm", b"Placebo", b"Vehicle")

    assert 'control = "vehicle"' in default_plan(read_tabulation(folder).dm, CDISC, "Vehicle")
    assert "no subject was treated in arm 'Plazebo'" in ingest_error(folder, control="Plazebo")


@pytest.mark.parametrize("toml", ["periods = 3", "[[periods]]\n", "not toml", 'study = "x"'])
def test_a_plan_without_a_period_is_refused(folder: Path, toml: str):
    """Treatment intervals need the id of a period."""
    assert "the plan has no first period with an id" in ingest_error(folder, plan=toml)


def test_letters_beyond_ascii_are_read_in_either_encoding(folder: Path):
    """Transport files do not name their encoding; SAS on Windows wrote CP1252."""
    overwrite(folder, "ae", b"HEADACHE", b"C\xc9PHAL\xc9E")

    terms = {record.get("preferred_term") for record in read_records(folder, CDISC)}

    assert "CÉPHALÉE" in terms


def test_names_that_are_not_identifiers_get_distinct_ones():
    """Two subjects whose names differ only in a forbidden character stay distinct."""
    assert identifier("site 1") != identifier("site/1")
    assert len(identifier("x" * 200)) <= 64


def ingest_without(absent: str, folder: Path, hidden: Path) -> subprocess.CompletedProcess[str]:
    """Ingest *folder* in a Python in which the module *absent* is not installed."""
    hidden.mkdir()
    (hidden / f"{absent}.py").write_text("raise ImportError(__name__)\n")
    code = (
        "from pathlib import Path; from streams.sources.sdtm import read_records;"
        f"print(sum(1 for _ in read_records(Path({str(folder)!r}), 'S')))"
    )
    path = os.pathsep.join([str(hidden), str(ROOT)])
    return subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("absent", ["pandas", "polars"])
def test_no_data_frame_library_is_needed(folder: Path, absent: str):
    """Domains are read into dictionaries, so the ingest works without such a library."""
    assert ingest_without(absent, folder, folder / "hidden").stdout == "2897\n"


def test_a_missing_reader_is_named_with_its_extra(folder: Path):
    """The core is installed without pyreadstat; the message has the command to install it."""
    process = ingest_without("pyreadstat", folder, folder / "hidden")

    assert "pip install 'tocsin[clinical]'" in process.stderr
