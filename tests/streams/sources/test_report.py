"""Checks how problems of many files are shown."""

from __future__ import annotations

from streams.sources.report import FILES_SHOWN, Group, IngestReport, Problem, across_files
from streams.sources.rows import Place

BAD = Problem("bad", "it is bad", "mend it")


def groups(files: int) -> list[Group]:
    """What is shown of one problem in *files* files."""
    report = IngestReport()
    for number in range(files):
        report.find(BAD, Place(f"{number}.xml", number + 1), "E.i")
    report.refuse(BAD, Place("0.xml", 1), "E.i")
    return list(across_files(report.groups()))


def test_few_files_are_shown_one_by_one():
    """Each with its rows."""
    assert [each.file for each in groups(FILES_SHOWN)] == ["0.xml", "0.xml", "1.xml", "2.xml"]


def test_many_files_are_one_line_and_refusals_stay_apart():
    """A folder of a thousand reports must not hide the one refusal in it."""
    refused, found = groups(1_000)

    assert (refused.refused, refused.file, refused.count) == (True, "0.xml", 1)
    assert (found.file, found.count, found.rows) == ("0.xml and 999 more files", 1_000, (1,))
