"""Reads files of E2B(R3) reports: the versions of each case in order, then its rows."""

from __future__ import annotations

import pickle
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from streams.sources.detect import E2B_R3, check_kind
from streams.sources.e2b import elements, problems
from streams.sources.e2b.case_state import CaseState, Version
from streams.sources.e2b.document import CaseReport, read_report
from streams.sources.e2b.mapping import SUBJECT_ELEMENTS, E2BMapping
from streams.sources.e2b.rows import ReportRows, case_key
from streams.sources.hl7_time import iso_time
from streams.sources.report import IngestReport, UnreadableSource
from streams.sources.rows import AnyRow, Place
from streams.sources.xml_stream import read_pieces

_TABLE = "create table reports (name text, received text, created text, content blob)"
_ORDER = "select name, content from reports order by name, received, created, rowid"

_COLUMNS = {
    "known": "C.1.5",
    "key": "C.1.8.1",
    "version": "C.1.2",
    "term": "E.i.2.1b",
    "system_organ_class": "E.i.2.1b",
    "verbatim": "E.i.1",
    "onset": "E.i.4",
    "end": "E.i.5",
    "serious": "E.i.3.2",
    "criteria": "E.i.3.2",
    "relatedness": "G.k.9.i.2.r.3",
    "outcome": "E.i.7",
    "action_taken": "G.k.8",
    "died": "D.9.1",
    "date": "D.9.1",
}


class LocatedReport(NamedTuple):
    """A report and where it stands: its file and its number there, from 1."""

    place: Place
    case: CaseReport


def read_reports(path: Path) -> Iterator[LocatedReport]:
    """Yield the reports of the file at *path*, or of the .xml files in the folder, in order.

    Raises `UnreadableSource` where a file is no batch of E2B(R3) reports.
    """
    files = sorted(path.glob("*.xml")) if path.is_dir() else [path]
    if not files:
        raise UnreadableSource(f"{path} holds no .xml file: give the folder that holds the reports")
    for file in files:
        yield from _reports_of(file)


def _reports_of(file: Path) -> Iterator[LocatedReport]:
    check_kind(file, E2B_R3)
    number = 0
    for parents, message in read_pieces(file, frozenset({elements.MESSAGE})):
        if parents and parents[0].tag == elements.ROOT:
            number += 1
            yield LocatedReport(Place(str(file), number), read_report(message))
    if not number:
        raise UnreadableSource(
            f"{file} holds no E2B(R3) report: give files whose root is {elements.ROOT}"
        )


@dataclass(slots=True, kw_only=True)
class E2BReader:
    """Reads reports of one study as rows.  A later report of a case replaces the earlier ones."""

    path: Path
    mapping: E2BMapping = field(default_factory=E2BMapping)

    @property
    def system(self) -> str:
        """Name of the source system in records."""
        return self.mapping.system

    def study_rows(self, report: IngestReport) -> Iterator[AnyRow]:
        """Yield the reactions of each report, case by case, its versions in order."""
        with closing(sqlite3.connect("")) as database:  # A private file that SQLite removes.
            database.execute(_TABLE)
            database.executemany("insert into reports values (?, ?, ?, ?)", self._staged(report))
            for _, versions in groupby(database.execute(_ORDER), key=lambda line: str(line[0])):
                yield from self._case_rows((pickle.loads(line[1]) for line in versions), report)

    def column(self, file: str, kind: type[AnyRow], field: str) -> str:
        """Return the number of the element of E2B(R3) that *field* comes from."""
        columns = {**_COLUMNS, "subject": SUBJECT_ELEMENTS[self.mapping.subject]}
        return columns.get(field, field)

    def _staged(self, report: IngestReport) -> Iterator[tuple[str, str, str, bytes]]:
        """Yield the reports of this study as lines of the staging table."""
        studies: set[str] = set()
        for located in read_reports(self.path):
            place, case = located
            studies.add(case.study_number)
            if not case_key(case):
                report.refuse(problems.NO_CASE_ID, place, "C.1.8.1")
            elif self.mapping.study_number not in ("", case.study_number):
                report.find(problems.OTHER_STUDY, place, "C.5.3")
            elif not self.mapping.study_number and len(studies - {""}) > 1:
                report.refuse(problems.SEVERAL_STUDIES, place, "C.5.3")
            else:
                order = iso_time(case.received), iso_time(case.created)
                yield case_key(case), *order, pickle.dumps(located)

    def _case_rows(
        self, versions: Iterator[LocatedReport], report: IngestReport
    ) -> Iterator[AnyRow]:
        """Yield the rows of one case from its reports, the earliest first."""
        rows_of_case = CaseState()
        was_nullified = False
        for number, (place, case) in enumerate(versions, start=1):
            rows = list(ReportRows(case, place, self.mapping, report).study_rows(number))
            is_nullified = case.nullification == elements.NULLIFICATION
            if was_nullified and not is_nullified:
                report.find(problems.AFTER_NULLIFICATION, place, "C.1.8.1")
            if is_nullified:
                report.find(problems.NULLIFIED, place, "C.1.11.1")
            elif not rows:  # No valid report, or refused: it removes nothing.
                if all(reaction.is_history for reaction in case.reactions):
                    report.find(problems.NO_REACTION, place, "E.i")
                continue
            was_nullified = is_nullified
            for row in rows_of_case.update(rows, Version(place, case, number)):
                if row.removed and not is_nullified:
                    report.find(problems.DROPPED, place, "E.i")
                yield row
