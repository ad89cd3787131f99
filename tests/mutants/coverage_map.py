"""Which test files run which line of the product, so that a mutant meets no other tests.

The map is made once, and is of use as long as the file with the mutant is unchanged.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.paths import ROOT

MAP_FILE = ROOT / ".mutants" / "map.json"

MEASURED = ("monitor", "alerts", "streams", "tocsin")

RCFILE = """
[run]
source = {packages}
data_file = {folder}/coverage
parallel = true
sigterm = true
patch = subprocess
context = ${{TOCSIN_TEST_FILE-}}
"""
"""A process that a test starts counts for the file that the environment names."""

CoverageMap = dict[str, Any]
"""By path of a source: its digest, and by line the numbers of test files; `tests`, `seconds`."""


def build_map(tests: Sequence[str]) -> CoverageMap:
    """Run *tests* under coverage and return what they ran, with the seconds of each file."""
    with tempfile.TemporaryDirectory(prefix="tocsin-coverage-") as folder:
        rcfile, seconds = Path(folder, "rc"), Path(folder, "seconds.json")
        rcfile.write_text(RCFILE.format(folder=folder, packages=",".join(MEASURED)))
        command = [sys.executable, "-m", "coverage", "run", f"--rcfile={rcfile}", "-m", "pytest"]
        command += ["-q", "-p", "tests.mutants.contexts", "-p", "no:cacheprovider", *tests]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "TOCSIN_TEST_SECONDS": str(seconds)}
        subprocess.run(command, cwd=ROOT, env=environment, check=False)
        combine = [sys.executable, "-m", "coverage", "combine", f"--rcfile={rcfile}", "-q"]
        subprocess.run(combine, cwd=ROOT, check=True)
        report = [sys.executable, "-m", "coverage", "report", f"--rcfile={rcfile}"]
        subprocess.run(report, cwd=ROOT, check=False)
        return read_data(Path(folder, "coverage"), json.loads(seconds.read_text()), ROOT)


def read_data(data_file: Path, seconds: dict[str, float], tree: Path) -> CoverageMap:
    """Return the map of the coverage data in *data_file*, measured in *tree*."""
    from coverage import CoverageData

    data = CoverageData(str(data_file))
    data.read()
    tests = sorted(seconds)
    numbers = {test: number for number, test in enumerate(tests)}
    files: dict[str, Any] = {}
    for name in data.measured_files():
        lines = {
            str(line): sorted({numbers[test] for one in contexts for test in named(one, numbers)})
            for line, contexts in data.contexts_by_lineno(name).items()
        }
        files[str(Path(name).relative_to(tree))] = {"sha256": digest(Path(name)), "lines": lines}
    return {"tests": tests, "seconds": seconds, "files": files}


def named(context: str, numbers: dict[str, int]) -> list[str]:
    """The test files in *context*, which has that of the process and that of the moment."""
    return [part for part in context.split("|") if part in numbers]


def digest(path: Path) -> str:
    """The SHA-256 of the file at *path*."""
    return sha256(path.read_bytes()).hexdigest()


def load_map() -> CoverageMap | None:
    """The map that was made before, or None."""
    return json.loads(MAP_FILE.read_text()) if MAP_FILE.exists() else None


def covering_tests(found: CoverageMap, path: str, line: int) -> list[str] | None:
    """The test files that run *line* of *path*; None where the map knows nothing of it.

    A line within a statement counts for the line on which the statement begins.
    """
    known = found["files"].get(path)
    if known is None or known["sha256"] != digest(ROOT / path):
        return None
    earlier = [int(number) for number, tests in known["lines"].items() if int(number) <= line]
    numbers = known["lines"][str(max(earlier))] if earlier else []
    return [found["tests"][number] for number in numbers] or None
