"""Feeds damaged ODM files to the reader, and files of any length."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

from streams.sources.mapping.mapping import StudyMapping
from streams.sources.odm.reader import OdmReader
from streams.sources.report import IngestReport, UnreadableSource
from tests.paths import shared
from tests.streams.sources.odm.exports import MAPPING, audit, export, form, group, subject
from tests.streams.sources.xml_mutations import mutations

FEVER = {"AETERM": "Fever", "AESTDTC": "2026-11-01", "AESER": "N"}


def read(path: Path, mapping: StudyMapping) -> int:
    """The number of rows in *path*; -1 where it is refused with a message."""
    try:
        reader = OdmReader(path=path, mapping=mapping)
        return sum(1 for _ in reader.study_rows(IngestReport()))
    except UnreadableSource:
        return -1


def damaged(path: Path, data: bytes, count: int) -> list[int]:
    """What `read` makes of *count* mutations of *data*, written to *path*."""
    mapping = StudyMapping.parse(MAPPING)
    counts: list[int] = []
    for mutated in mutations(data, count):
        path.write_bytes(mutated)
        counts.append(read(path, mapping))
    return counts


def test_two_thousand_damaged_files_raise_no_other_error(tmp_path: Path):
    """Some are refused, some are read: a traceback is a defect."""
    content = form(group(FEVER, kind="Insert", time="2026-11-02T00:00:00Z") + group({}))
    removal = form(audit("2026-11-03") + group({}, kind="Remove"), kind="Update")
    text = export(subject(content) + subject(removal), file_type="Transactional", items="AETERM")

    counts = damaged(tmp_path / "r.xml", text.encode(), 1_900)

    assert -1 in counts
    assert max(counts) > 1


def test_damaged_samples_raise_no_other_error(tmp_path: Path):
    """Real exports have elements that built ones lack."""
    data = shared("data", "listings", "odm", "odm-data-snapshot.xml").read_bytes()

    assert len(damaged(tmp_path / "r.xml", data, 100)) == 100


def test_memory_does_not_grow_with_the_number_of_groups(tmp_path: Path):
    """A study of a million item groups is read as one of a thousand."""
    mapping = StudyMapping.parse(MAPPING)

    def peak(count: int) -> int:
        groups = "".join(group(FEVER, repeat=str(number)) for number in range(count))
        path = tmp_path / "r.xml"
        path.write_text(export(subject(form(groups))))
        del groups
        tracemalloc.start()
        assert read(path, mapping) == count
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    assert peak(3_000) < 1.5 * peak(1_000)
