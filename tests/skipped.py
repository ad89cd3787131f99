"""A pytest plugin that says at the end how many tests were skipped, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the skipped tests by reason, the most frequent first."""
    reports = terminalreporter.stats.get("skipped", [])
    if reports:
        terminalreporter.section(f"{len(reports)} tests skipped")
        for line in skipped_lines(reason_of(report.longrepr) for report in reports):
            terminalreporter.write_line(line)


def reason_of(longrepr: Any) -> str:
    """The reason of a skipped test; pytest has it as (file, line, reason) or as text."""
    text = longrepr[2] if isinstance(longrepr, tuple) else str(longrepr)
    return text.removeprefix("Skipped: ")


def skipped_lines(reasons: Iterable[str]) -> Iterator[str]:
    """Yield a line for each of *reasons*, with how often it is given."""
    counts = Counter(reasons)
    for reason, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        yield f"{count:5}  {reason}"
