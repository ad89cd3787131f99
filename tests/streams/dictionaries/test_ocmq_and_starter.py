"""Groups from a sheet of FDA's custom medical queries, and from the starter list."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from monitor.plan.plan import read_plan
from streams.dictionaries.ocmq import SheetColumns, ocmq_group
from streams.dictionaries.starter import StarterList, StarterScope, starter_group
from streams.dictionaries.term_group import Scope, TermGroup, group_toml
from streams.sources.report import UnreadableSource
from tests.monitor.plan.plans import PLAN

SHEET = '''\
OCMQ,Preferred Term,Narrow/Broad
Made-up rash,Made-up rash,Narrow
Made-up rash,"Rash, ""made up""",narrow
Made-up rash,Itch of a rash,Broad
Made-up rash,Laboratory value,Algorithm
Made-up fall,Made-up fall,Narrow
'''


def group_of(
    folder: Path, sheet: str | bytes, scope: Scope = Scope.NARROW, **columns: str
) -> TermGroup:
    """The group of the made-up rash in *sheet*."""
    path = folder / "sheet.csv"
    path.write_bytes(sheet if isinstance(sheet, bytes) else sheet.encode("utf-8-sig"))
    return ocmq_group(path, "made-up RASH", "9.9", scope, SheetColumns(**columns))


def test_a_sheet_gives_the_terms_of_one_query(tmp_path: Path):
    """Narrow terms alone, or broad ones with them; rows of an algorithm are a note."""
    narrow, broad = (group_of(tmp_path, SHEET, scope) for scope in Scope)

    assert narrow.terms == ("Made-up rash", 'Rash, "made up"')
    assert set(broad.terms) - set(narrow.terms) == {"Itch of a rash"}
    assert narrow.dictionary == "OCMQ 9.9 made-up RASH narrow"
    assert "1 rows" in narrow.notes[0]
    assert read_plan(f"{PLAN}\n{group_toml(narrow)}").groups[-1].name == "ocmq-made-up-rash"


def test_a_column_may_be_named(tmp_path: Path):
    """Headers have changed between versions."""
    sheet = SHEET.replace("Preferred Term", "Event")

    with pytest.raises(UnreadableSource, match=r"no column of the term.+--term-column"):
        group_of(tmp_path, sheet)
    assert group_of(tmp_path, sheet, term="event") == group_of(tmp_path, SHEET)


@pytest.mark.parametrize(
    ("sheet", "problem"),
    [
        (b"PK\x03\x04rest", "is an Excel workbook"),
        (b"OCMQ\xff", "is not UTF-8"),
        ("", "no column of the query"),
        (SHEET.replace("rash", "cough"), "no narrow term of the query .* 2 queries"),
        ("OCMQ," + "x" * 200_000, "is not CSV"),
    ],
)
def test_what_is_no_such_sheet_is_refused(tmp_path: Path, sheet: str | bytes, problem: str):
    """The message says what to give instead."""
    with pytest.raises(UnreadableSource, match=problem):
        group_of(tmp_path, sheet)


def test_the_starter_list_is_a_group_of_a_plan():
    """It has names only, with no code of a dictionary, and says that it is no SMQ."""
    core, extended = (starter_group(StarterList.THROMBOEMBOLIC, each) for each in StarterScope)

    assert len(core.terms) == len(set(core.terms)) == 124
    assert set(core.terms) < set(extended.terms) and "Deep vein thrombosis" in core.terms
    assert not [term for term in extended.terms if re.search(r"\d{8}", term)]
    assert "not the MedDRA SMQ" in core.notes[0]
    read = read_plan(f"{PLAN}\n{group_toml(extended)}").groups[-1]
    assert read.dictionary == extended.dictionary
