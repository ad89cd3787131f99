"""`make independent`: computes every case of a file of published cases, and prints what differs.

A module ``adapters_*.py`` beside this one has `ADAPTERS`: by method of the file, a function of a
case's inputs that returns what the file expects, through the product's public functions.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from itertools import groupby
from math import inf
from pathlib import Path
from typing import Any

from tests.independent.published import CASES_FILE, Case, error_in_tolerances

Adapter = Callable[[dict[str, Any]], Any]


@dataclass(slots=True)
class MethodResult:
    """The cases of one method: how many, which fail, and the worst error in tolerances."""

    method: str
    cases: int
    is_missing: bool = False
    failed: dict[str, str] = field(default_factory=dict[str, str])
    worst_error: float = 0.0

    def row(self) -> str:
        """Return this result as a line of the table."""
        missing = self.cases if self.is_missing else 0
        worst = "-" if self.is_missing else f"{self.worst_error:.2g}"
        return f"{self.method:36} {self.cases:5} {len(self.failed):6} {missing:7} {worst:>11}"


def adapters() -> dict[str, Adapter]:
    """Return the adapters of all modules, by method; each method has one."""
    merged: dict[str, Adapter] = {}
    for path in sorted(Path(__file__).parent.glob("adapters_*.py")):
        added: dict[str, Adapter] = import_module(f"tests.independent.{path.stem}").ADAPTERS
        if twice := added.keys() & merged.keys():
            raise ValueError(f"{path.name} has {sorted(twice)}: another module has it too")
        merged |= added
    return merged


def run_method(method: str, cases: Sequence[Case], adapter: Adapter | None) -> MethodResult:
    """Return how the cases of *method* compare with what *adapter* computes."""
    result = MethodResult(method, len(cases), is_missing=adapter is None)
    for case in cases if adapter else ():
        error, reason = _run_case(case, adapter) if adapter else (0.0, "")
        result.worst_error = max(result.worst_error, error)
        if error > 1.0:
            result.failed[case["id"]] = reason
    return result


def _run_case(case: Case, adapter: Adapter) -> tuple[float, str]:
    """Return the error of one case in tolerances, and what was computed or raised."""
    try:
        ours = adapter(case["inputs"])
        error = error_in_tolerances(ours, case["expected"], case["tolerance"])
    except Exception as raised:
        return inf, f"{type(raised).__name__}: {raised}"
    return error, f"computed {ours!r}, expected {case['expected']!r}"


def run_cases(cases: Sequence[Case]) -> list[MethodResult]:
    """Return the results of all methods of *cases*, in alphabetical order."""
    by_method, found = sorted(cases, key=lambda case: case["method"]), adapters()
    return [
        run_method(method, list(group), found.get(method))
        for method, group in groupby(by_method, key=lambda case: case["method"])
    ]


def report(results: Sequence[MethodResult]) -> str:
    """Return the table of all methods, the cases that fail, and the totals."""
    cases = sum(result.cases for result in results)
    failed = sum(len(result.failed) for result in results)
    missing = sum(result.cases for result in results if result.is_missing)
    lines = [f"{'method':36} {'cases':>5} failed missing worst error"]
    lines += [result.row() for result in results]
    lines += [f"{name}: {why}" for result in results for name, why in result.failed.items()]
    lines += [
        f"{len(results)} methods, {cases} cases: {failed} failed, {missing} missing.  The worst "
        "error is in units of the case's tolerance: above 1 it fails."
    ]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the report of a file of cases; return 1 where a case fails or its method is missing."""
    parser = argparse.ArgumentParser(prog="python -m tests.independent.run_cases")
    parser.add_argument("file", nargs="?", type=Path, default=CASES_FILE, help="cases as JSON")
    results = run_cases(json.loads(parser.parse_args(arguments).file.read_text()))
    print(report(results))
    return int(any(result.failed or result.is_missing for result in results))


if __name__ == "__main__":
    sys.exit(main())
