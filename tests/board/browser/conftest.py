"""A running board, and Debian's Chromium to look at it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.paths import ROOT

CHROMIUM = shutil.which("chromium")
START_SECONDS = 60


@dataclass(frozen=True, slots=True)
class RunningBoard:
    """A board with its services; *addresses* log each member in once."""

    process: subprocess.Popen[str]
    broker: str
    store: str
    partitions: int
    addresses: dict[str, str]

    @property
    def base(self) -> str:
        """The address of the page of ProDERM."""
        return f"{self.address}/s/PRODERM"

    @property
    def address(self) -> str:
        """The address of the page of studies."""
        return next(iter(self.addresses.values())).partition("/login")[0]

    def produce(self, log: Path, *options: str) -> None:
        """Send the records of *log*."""
        command = [sys.executable, "-m", "tocsin", "produce", str(log), "--quiet", *options]
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "TOCSIN_BROKER": self.broker,
            "TOCSIN_LOG_PARTITIONS": f"{self.partitions}",
        }
        subprocess.run(command, env=environment, cwd=ROOT, check=True, timeout=120)


def open_study(page: Any, board: RunningBoard, view: str = "overview") -> None:
    """Go to a page of the study, once the follower has the study."""
    deadline = time.monotonic() + START_SECONDS
    while page.goto(f"{board.base}/{view}").status == 404 and time.monotonic() < deadline:
        page.wait_for_timeout(500)


def start_board(*members: str) -> RunningBoard:
    """Start a board for *members*."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.board.browser.program", *members],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, "the board does not start"
    return RunningBoard(process, **json.loads(line))


def stop_board(board: RunningBoard) -> None:
    """End the board."""
    board.process.terminate()
    try:
        board.process.wait(30)
    finally:
        board.process.kill()
        board.process.wait()
        if board.process.stdout is not None:
            board.process.stdout.close()


MEMBERS = ("anna", "bela", "cora")
"""Each address logs in once, so no two modules log the same member in."""


@pytest.fixture(scope="session")
def find_board() -> Iterator[Callable[[], RunningBoard]]:
    """Returns the board of all modules, which is started where none runs."""
    started: list[RunningBoard] = []

    def find() -> RunningBoard:
        if not started or started[-1].process.poll() is not None:
            started.append(start_board(*MEMBERS))
        return started[-1]

    yield find
    for board in started:
        stop_board(board)


@pytest.fixture(scope="module")
def board(find_board: Callable[[], RunningBoard]) -> RunningBoard:
    """A running board; its studies are those of the modules that use it."""
    return find_board()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's Chromium; skipped where there is none, except in CI.

    It ends with the module: while it runs, its event loop does, too, and other tests have theirs.
    """
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("CI needs Debian's chromium")
        pytest.skip("there is no chromium on PATH")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()
