"""Tests that every kind of file is called what it is, by its content and never by its name."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

import pytest

from streams.sources import detect
from streams.sources.detect import FileKind, check_kind, identify
from streams.sources.report import UnreadableSource
from tests.paths import ROOT, shared
from tests.streams.sources.dataset_json.data_sets import as_json, as_ndjson

SHARED_FILES = [
    ("cdiscpilot01/raw_xpt/ae.xpt", detect.XPT),
    ("cdisc_dataset_json/raw/sdtm/ae.json", detect.DATASET_JSON),
    ("cdisc_dataset_json/raw/sdtm/ae.ndjson", detect.DATASET_JSON),
    ("listings/pharmaverseraw/ae_raw.csv", detect.CSV),
    ("listings/odm/odm-data-snapshot.xml", detect.ODM),
    ("listings/odm/cdash-odm-test.xml", detect.ODM),
    ("e2b_r3_fda_samples/raw/FAERS2022Scenario1.xml", detect.E2B_R3),
    ("e2b_r3_fda_samples/raw/R3ack-positive.ack", detect.E2B_ACKNOWLEDGEMENT),
    ("real_world_inputs/aespid.xpt.tgz", detect.GZIP),
    ("real_world_inputs/worst_grade.jsonl", detect.TOCSIN_LOG),
    ("fhir_adverse_event/raw/adverseevent-example.xml", detect.FHIR),
]

TEXTS: list[tuple[str | bytes, FileKind | None]] = [
    ("", detect.EMPTY),
    (" \n", detect.EMPTY),
    (as_json(), detect.DATASET_JSON),
    (as_ndjson().encode("utf-16"), detect.DATASET_JSON),
    (as_json(datasetJSONVersion="1.0.0"), detect.OLD_DATASET_JSON),
    ('[{"record_id": "1", "redcap_repeat_instrument": ""}]', detect.REDCAP_JSON),
    ("[]", detect.REDCAP_JSON),
    ('{"resourceType": "AdverseEvent"}', detect.FHIR),
    ('{"a": 1}', detect.OTHER_JSON),
    ('{"schema":"trial.log/1","type":"plan"}', detect.TOCSIN_LOG),
    ("\ufeffsubject;term\nS-1;Rash\n", detect.CSV),
    ("subject\tterm\n".encode("utf-16"), detect.CSV),
    ("Größe;Term\n".encode("windows-1252"), detect.CSV),
    ("one word", None),
    (b"\x01\x02\x03", None),
    ('# A plan\n\nstudy = "T"\n', detect.PLAN),
    ('[[file]]\nname = "ae"\n', detect.PLAN),
    (
        "<?xml version='1.0'?>\n<!-- x --><ODM xmlns='http://www.cdisc.org/ns'/>",
        detect.ODM,
    ),
    ("<ODM xmlns:def='http://www.cdisc.org/ns/def/v2.1'><Study/></ODM>", detect.DEFINE),
    ("<!DOCTYPE x [<!ENTITY a 'b'>]><MCCI_IN200100UV01 ITSVersion='x'>", detect.E2B_R3),
    ("<!DOCTYPE ichicsr SYSTEM 'x'><ichicsr lang='en'>", detect.E2B_R2),
    ("<!DOCTYPE html><html>", detect.HTML),
    ("<x/>", detect.OTHER_XML),
    ("<?" * 30_000, detect.OTHER_XML),
    ("# " * 30_000, None),
    (b"%PDF-1.7\n%\xe2", detect.PDF),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", detect.OLD_EXCEL),
    (b"**COMPRESSED** **COMPRESSED**", detect.CPORT),
    (b"PAR1", detect.PARQUET),
    (zlib.compress(b"{}"), detect.COMPRESSED_DATASET_JSON),
]


@pytest.mark.parametrize(("name", "kind"), SHARED_FILES)
def test_real_files_are_what_they_are(name: str, kind: FileKind):
    """Files of the formats that are read, and of some that are not."""
    assert identify(shared("data", *name.split("/"))) is kind


@pytest.mark.parametrize(("content", "kind"), TEXTS)
def test_the_content_decides(content: str | bytes, kind: FileKind | None, tmp_path: Path):
    """Whatever the name says: exports are renamed."""
    path = tmp_path / "ae.xpt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())

    assert identify(path) is kind


@pytest.mark.parametrize(("member", "kind"), [("xl/workbook.xml", detect.XLSX), ("ae", detect.ZIP)])
def test_a_workbook_is_told_from_an_archive(member: str, kind: FileKind, tmp_path: Path):
    """Both are zip files."""
    path = tmp_path / "ae.csv"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, "x")

    assert identify(path) is kind


def test_the_message_says_which_command_reads_the_file(tmp_path: Path):
    """A listing given to a reader of data sets names its own command."""
    path = tmp_path / "ae.xpt"
    path.write_text("subject,term\n")

    assert check_kind(path, detect.CSV) is detect.CSV
    with pytest.raises(UnreadableSource, match="this is a listing as CSV: tocsin ingest csv"):
        check_kind(path, detect.XPT)


def test_what_cannot_be_told_is_refused_by_what_was_expected(tmp_path: Path):
    """The message names all kinds that the command reads."""
    path = tmp_path / "ae.xpt"
    path.write_text("one word")

    with pytest.raises(UnreadableSource, match="not a SAS transport file or Dataset-JSON"):
        check_kind(path, detect.XPT, detect.DATASET_JSON)


@pytest.mark.parametrize(("name", "message"), [("", "is a folder"), ("none.xpt", "No such file")])
def test_what_is_no_file_is_refused(name: str, message: str, tmp_path: Path):
    """A folder and a misspelt name."""
    with pytest.raises(UnreadableSource, match=message):
        identify(tmp_path / name)


def test_every_command_that_a_sentence_names_is_documented():
    """An advice that names a command must not send its reader nowhere."""
    page = (ROOT / "docs" / "ingest_formats.md").read_text()
    kinds = [kind for kind in vars(detect).values() if isinstance(kind, FileKind)]
    commands = {
        word.partition("tocsin ingest ")[2].split()[0].rstrip(",")
        for kind in kinds
        for word in kind.advice.split(", ")
        if "tocsin ingest " in word
    }

    assert commands == {"sdtm", "adam", "dataset-json", "odm", "e2b", "redcap", "csv"}
    assert {command for command in commands if f"ingest {command}" not in page} == set()
