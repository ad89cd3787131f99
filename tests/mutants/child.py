"""The process that runs the tests of one mutant; it is forked with all foreign packages loaded."""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

PRELOADED = [
    "aiokafka", "cyclopts", "cryptography", "fakeredis", "faust", "hypothesis", "kafka", "numpy",
    "orjson", "prometheus_client", "pydantic_settings", "pyreadstat", "pytest", "redis",
    "rich.console", "scipy.special", "stamina", "tests.mutants.child",
]  # fmt: skip
"""Packages that the server process loads once: they take longer than many tests."""

TEST_SECONDS = 30
"""CPU seconds after which one test is taken to run for ever: the mutant is killed."""

CHUNK = 8
"""Test files that are imported together; the narrowest are run before any other is imported."""


@dataclass
class Budget:
    """A pytest plugin that ends a test that runs for ever, and the run when its time is spent."""

    seconds: float

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> object:
        """Run one test; the signal ends the process where the test takes too long."""
        signal.setitimer(signal.ITIMER_PROF, TEST_SECONDS)
        result = yield
        signal.setitimer(signal.ITIMER_PROF, 0)
        if time.process_time() > self.seconds:
            item.session.shouldstop = "the time for this mutant is spent"
        return result


def run_tests(tree: Path, tests: list[str], seconds: float, output: Path) -> None:
    """Run *tests* in *tree* until one fails; exit with 1 if one did, 0 if all passed.

    Exits with 2 where *seconds* of CPU time were spent before the last test, and with another code
    where pytest itself could not run.
    """
    os.setsid()
    with output.open("w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.chdir(tree)
    sys.dont_write_bytecode = False
    os.environ |= {"PYTHONPATH": str(tree), "TOCSIN_MUTANT": "1"}
    forget_product()
    sys.path[:] = [str(tree), *(each for each in sys.path if each not in ("", os.environ["HOME"]))]
    settings.register_profile(
        "mutants", derandomize=True, deadline=None, database=None, report_multiple_bugs=False,
        phases=(Phase.explicit, Phase.generate), suppress_health_check=[*HealthCheck],
    )  # fmt: skip
    options = ["-x", "-q", "-p", "no:cacheprovider", "--hypothesis-profile=mutants", "--tb=line"]
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
    code, spent = 0, False
    for first in range(0, len(tests), CHUNK):
        chunk = tests[first : first + CHUNK]
        examples = [] if all(one.startswith("tests/") for one in chunk) else ["--doctest-modules"]
        code = pytest.main([*options, *examples, *chunk], plugins=[Budget(seconds)])
        if code == pytest.ExitCode.NO_TESTS_COLLECTED:
            code = 0
        spent = time.process_time() > seconds
        if code or spent:
            break
    sys.stdout.flush()
    os._exit(1 if code in (1, 2) and not (code == 2 and spent) else 2 if spent else code)


def forget_product() -> None:
    """Forget the modules of this tree, so that those of the mutant's tree are loaded."""
    for name in [*sys.modules]:
        if name.partition(".")[0] in ("monitor", "alerts", "streams", "tocsin", "board", "tests"):
            del sys.modules[name]
