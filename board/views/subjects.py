"""The list of subjects: treatment, doses, follow-up and cases of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from board.views.catalogue import Arguments
from board.views.facts import StudyFacts
from board.views.subject_rows import SubjectRow, subject_rows
from board.views.table import Column, ColumnKind, Table, table_of_items


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectsView:
    """The subjects whose name, site or treatment contains *search*."""

    sentence: str
    search: str
    subjects: Sequence[SubjectRow]
    tables: tuple[Table, ...]


def build(facts: StudyFacts, arguments: Arguments) -> SubjectsView:
    """Return the list of subjects of a study."""
    search = arguments.get("search", "")[:100]
    rows = [row for row in subject_rows(facts.study) if search.casefold() in row.searched_text]
    count = f"{len(rows)} subject{'s' * (len(rows) != 1)}"
    with_cases = sum(row.cases > 0 for row in rows)
    serious = sum(row.serious_cases > 0 for row in rows)
    return SubjectsView(
        sentence=f"{count}: {with_cases} with an event, {serious} with a serious one.",
        search=search,
        subjects=rows,
        tables=(subjects_table(rows),),
    )


def subjects_table(rows: Sequence[SubjectRow]) -> Table:
    """Return the table of *rows*."""
    count = ColumnKind.COUNT
    return table_of_items(
        rows,
        Column(key="subject", label="Subject"),
        Column(key="site", label="Site"),
        Column(key="randomised", label="Randomised to"),
        Column(key="treatments", label="Received"),
        Column(key="start", label="First dose", kind=ColumnKind.DAY),
        Column(key="days_at_risk", label="At risk", kind=count, unit="days"),
        Column(key="doses", label="Doses", kind=count),
        Column(key="cases", label="Events", kind=count),
        Column(key="serious_cases", label="Serious", kind=count),
        Column(key="status", label="Status"),
        name="subjects",
        caption="Subjects",
    )
