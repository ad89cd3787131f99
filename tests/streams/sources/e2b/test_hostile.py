"""Feeds damaged and hostile reports to the reader: it refuses them with a message."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.sources.e2b.mapping import E2BMapping
from streams.sources.e2b.reader import E2BReader
from streams.sources.report import IngestReport, UnreadableSource
from tests.paths import shared
from tests.streams.sources.e2b.reports import Drug, Reaction, Report, batch
from tests.streams.sources.xml_mutations import mutations

REPORT = Report(
    death="20261012",
    reactions=[Reaction(criteria={"death": "true"}, translated="Übelkeit"), Reaction(code="2")],
    drugs=[Drug(causality=[("r-1", "Related")])],
)


def read(path: Path) -> int:
    """The number of rows in *path*; -1 where it is refused with a message."""
    reader = E2BReader(path=path, mapping=E2BMapping(subject="name"))
    try:
        return len(list(reader.study_rows(IngestReport())))
    except UnreadableSource:
        return -1


def damaged(path: Path, data: bytes, count: int) -> list[int]:
    """What `read` makes of *count* mutations of *data*, written to *path*."""
    counts: list[int] = []
    for mutated in mutations(data, count):
        path.write_bytes(mutated)
        counts.append(read(path))
    return counts


def test_two_thousand_damaged_files_raise_no_other_error(tmp_path: Path):
    """Some are refused, some are read: a traceback is a defect."""
    counts = damaged(tmp_path / "r.xml", batch(REPORT, REPORT).encode(), 1_900)

    assert -1 in counts
    assert max(counts) > 1


def test_damaged_samples_raise_no_other_error(tmp_path: Path):
    """Real reports have elements that built ones lack."""
    data = shared("data", "e2b_r3_fda_samples", "raw", "FAERS2022Scenario3.xml").read_bytes()

    assert len(damaged(tmp_path / "r.xml", data, 100)) == 100


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<MCCI_IN200100UV01/>", "holds no E2B"),
        ("<MCCI_IN200101UV01><PORR_IN049016UV/></MCCI_IN200101UV01>", "an acknowledgement"),
        ("<PORR_IN049016UV/>", "holds no E2B"),
        ("<ODM/>", "this is CDISC ODM: tocsin ingest odm"),
        ("<ichicsr/>", r"this is E2B\(R2\)"),
        ("", "an empty file"),
        ("STUDYID,USUBJID\nT,1\n", "tocsin ingest csv"),
        ("<MCCI_IN200100UV01><PORR", "not well-formed XML"),
    ],
)
def test_what_is_no_report_is_refused(tmp_path: Path, text: str, message: str):
    """An acknowledgement has the name of a batch but for one digit."""
    path = tmp_path / "r.xml"
    path.write_text(text)

    with pytest.raises(UnreadableSource, match=message):
        list(E2BReader(path=path).study_rows(IngestReport()))


def test_a_folder_without_reports_is_refused(tmp_path: Path):
    """An empty folder is more often a wrong one than a study without reports."""
    with pytest.raises(UnreadableSource, match=r"no \.xml file"):
        list(E2BReader(path=tmp_path).study_rows(IngestReport()))
