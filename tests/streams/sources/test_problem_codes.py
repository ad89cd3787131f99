"""Tests that a code names one problem, whichever module of the ingest finds it."""

from __future__ import annotations

from collections import defaultdict
from importlib import import_module
from pkgutil import walk_packages

import streams.sources
from streams.sources.report import Problem


def test_codes_of_problems_are_unique():
    """Two problems with one code could not be told apart in a report."""
    problems: defaultdict[str, set[Problem]] = defaultdict(set)
    for module in walk_packages(streams.sources.__path__, "streams.sources."):
        for value in vars(import_module(module.name)).values():
            if isinstance(value, Problem):
                problems[value.code].add(value)

    assert {code for code, found in problems.items() if len(found) > 1} == set()
    assert len(problems) > 40
