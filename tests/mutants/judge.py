"""Applies one mutant to a private copy of the tree, and runs its tests there."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from multiprocessing import get_context
from pathlib import Path

from tests.mutants.areas import chosen_tests
from tests.mutants.child import PRELOADED, run_tests
from tests.mutants.coverage_map import CoverageMap
from tests.mutants.mutant import Mutant
from tests.paths import ROOT, SHARED

WALL_FACTOR = 40
"""Wall seconds for each CPU second of the budget, after which the tests are ended: a shared machine
gives a process a part of a core only."""


class Fate(StrEnum):
    """What became of a mutant.

    KILLED: a test failed, or computed for ever.  LIVED: all tests passed.  SPENT: all tests passed
    that were run before the time for this mutant was spent; it counts as one that lived, as does
    one whose tests were ended by the wall clock (HUNG): the machine may just have been slow.
    """

    KILLED = "killed"
    LIVED = "lived"
    SPENT = "lived, not all tests run"
    HUNG = "ended by the wall clock"


FATES = {
    0: Fate.LIVED,
    1: Fate.KILLED,
    2: Fate.SPENT,
    -signal.SIGPROF: Fate.KILLED,
    -signal.SIGKILL: Fate.HUNG,
}
"""By exit code of the process that runs the tests."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The fate of *mutant*, the last line that pytest printed, and the seconds it took."""

    mutant: Mutant
    fate: Fate
    last_line: str
    seconds: float


@dataclass
class Judge:
    """A private copy of the tree in *folder*; mutants are applied to it one after the other."""

    folder: Path
    cpu_seconds: float
    found: CoverageMap | None = None
    count: int = 0

    def __post_init__(self) -> None:
        self.tree = self.folder / "tree"
        self.context = get_context("forkserver")
        self.context.set_forkserver_preload(PRELOADED)
        copy_tree(self.tree)

    def judge(self, mutant: Mutant) -> Judgement:
        """Apply *mutant*, run its tests, and take it back."""
        path, began = self.tree / mutant.path, time.monotonic()
        source = path.read_bytes()
        self.write(path, mutant.mutate(source))
        try:
            examples = [mutant.path] if b">>>" in source else []
            tests = chosen_tests(ROOT, mutant.path, mutant.line, self.found)
            code, last_line = self.run([*examples, *tests])
        finally:
            self.write(path, source)
        if code not in FATES:
            raise RuntimeError(f"pytest ended with {code}: {last_line}")
        fate = FATES[code]
        return Judgement(mutant, fate, last_line, time.monotonic() - began)

    def write(self, path: Path, source: bytes) -> None:
        """Write *source* with a time of its own: compiled files are looked up by time and size."""
        self.count += 1
        path.write_bytes(source)
        moment = 1_500_000_000 + self.count
        os.utime(path, (moment, moment))

    def run(self, tests: list[str]) -> tuple[int, str]:
        """Run *tests*; return the exit code of the process and the last line it printed."""
        output = self.folder / "output"
        arguments = (self.tree, tests, self.cpu_seconds, output)
        process = self.context.Process(target=run_tests, args=arguments)
        process.start()
        process.join(self.cpu_seconds * WALL_FACTOR)
        assert process.pid is not None
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.join()
        assert process.exitcode is not None
        lines = output.read_text(errors="replace").split("\n") if output.exists() else []
        failed = [line for line in lines if line.startswith(("FAILED", "ERROR", "E  "))]
        last_line = (failed or [line for line in lines if line.strip()] or [""])[-1]
        return process.exitcode, last_line[:200]


def copy_tree(tree: Path) -> None:
    """Copy the files of the checkout to *tree*, and link what is installed beside them."""
    names = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(names, cwd=ROOT, check=True, capture_output=True).stdout
    for name in filter(None, listed.decode().split("\0")):
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)
    for name in (".venv", ".services"):
        if (ROOT / name).exists():
            (tree / name).unlink(missing_ok=True)
            (tree / name).symlink_to((ROOT / name).resolve())
    if SHARED.exists():
        (tree.parent / "shared").unlink(missing_ok=True)
        (tree.parent / "shared").symlink_to(SHARED.resolve())
