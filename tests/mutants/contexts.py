"""A pytest plugin that names the test file in coverage's data: which file runs which line."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from coverage import Coverage

SECONDS: dict[str, float] = {}
"""The CPU seconds that the tests of each file took."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> object:
    """Count what runs during the test, its fixtures included, for the file that has the test."""
    path, began = item.nodeid.partition("::")[0], time.process_time()
    os.environ["TOCSIN_TEST_FILE"] = path
    if (measured := Coverage.current()) is not None:
        measured.switch_context(path)
    try:
        return (yield)
    finally:
        SECONDS[path] = SECONDS.get(path, 0.0) + time.process_time() - began


def pytest_sessionfinish() -> None:
    """Write the seconds of each file to the file that the environment names."""
    if path := os.environ.get("TOCSIN_TEST_SECONDS"):
        Path(path).write_text(json.dumps(SECONDS))
