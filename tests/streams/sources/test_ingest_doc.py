"""docs/ingest.md names every finding and refusal of the rules, in their own words."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from streams.sources import rules
from streams.sources.report import Problem
from tests.paths import ROOT

MODULES = [
    "streams.sources.convert",
    "streams.sources.earlier",
    "streams.sources.sdtm",
    *(f"{rules.__name__}.{each.name}" for each in iter_modules(rules.__path__)),
]


def problems() -> dict[str, Problem]:
    """Return the problems of the rules by code."""
    found = [one for name in MODULES for one in vars(import_module(name)).values()]
    return {one.code: one for one in found if isinstance(one, Problem)}


def test_every_problem_is_documented_as_it_is_printed():
    """Whoever reads a message finds its code, its sentence and its remedy."""
    text = (ROOT / "docs" / "ingest.md").read_text()
    missing = [
        code
        for code, problem in problems().items()
        if f"| `{code}` | {problem.sentence} | " not in text or problem.remedy not in text
    ]

    assert missing == []


def test_every_code_belongs_to_one_problem():
    """Two problems with one code could not be told apart."""
    found = {
        id(one): one.code
        for name in MODULES
        for one in vars(import_module(name)).values()
        if isinstance(one, Problem)
    }

    assert len(set(found.values())) == len(found)
