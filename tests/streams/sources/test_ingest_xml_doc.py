"""docs/ingest_xml.md names every finding and refusal of the readers of ODM, REDCap and E2B(R3)."""

from __future__ import annotations

from importlib import import_module

from streams.sources.report import Problem
from tests.paths import ROOT

MODULES = (
    "streams.sources.odm.problems",
    "streams.sources.redcap.reader",
    "streams.sources.e2b.problems",
    "streams.sources.long_texts",
)


def problems() -> list[Problem]:
    """The problems of the readers."""
    found = (one for name in MODULES for one in vars(import_module(name)).values())
    return [one for one in found if isinstance(one, Problem)]


def test_every_problem_is_documented_as_it_is_printed():
    """Whoever reads a message finds its code, its sentence and its remedy."""
    text = (ROOT / "docs" / "ingest_xml.md").read_text()
    lines = [f"| `{one.code}` | {one.sentence} | {one.remedy} |" for one in problems()]

    assert len(lines) > 20
    assert [line for line in lines if line not in text] == []
