"""Checks over worker and deliverer that permuted treatments give the same open output."""

from __future__ import annotations

import asyncio
from pathlib import Path
from random import Random

import pytest

from streams.metrics.catalogue import SIGNALS_RAISED
from tests.streams.metrics.exported import series
from tests.streams.metrics.permuted_trial import (
    exchange_arms,
    in_turns,
    random_names,
    redraw_subjects,
    trial_log,
)
from tests.streams.metrics.sinks import RequestRecorder
from tests.streams.metrics.whole_system import VisibleOutput, capture_output

PERMUTATIONS = 20


def run_all(
    logs: list[list[bytes]], folder: Path, visibility: str = "pooled"
) -> list[VisibleOutput]:
    """Return the output of each log, run one after the other with the same addresses."""

    async def main() -> list[VisibleOutput]:
        async with RequestRecorder().open() as recorder:
            return [await capture_output(each, folder, recorder, visibility) for each in logs]

    return asyncio.run(main())


@pytest.fixture(scope="module")
def treatments() -> list[str]:
    """Return a random name for each treatment."""
    return random_names()


@pytest.fixture(scope="module")
def outputs(treatments: list[str], tmp_path_factory: pytest.TempPathFactory) -> list[VisibleOutput]:
    """Return the output of the log, of ten exchanges of arms and of ten redrawn allocations."""
    chance = Random(5)
    allocations = [exchange_arms(chance) for _ in range(PERMUTATIONS // 2)]
    allocations += [redraw_subjects(chance) for _ in range(PERMUTATIONS // 2)]
    logs = [trial_log(treatments, each) for each in [in_turns(), *allocations]]
    return run_all(logs, tmp_path_factory.mktemp("system"))


def test_twenty_permutations_give_the_same_open_output(outputs: list[VisibleOutput]):
    """Pages, probes, log lines and notifications are equal, including headers and order."""
    first, *others = outputs
    for each in others:
        assert each.pages == first.pages
        assert each.log_lines == first.log_lines
        assert each.notifications == first.notifications
    assert len(others) == PERMUTATIONS


def test_the_closed_output_distinguishes_the_permutations(outputs: list[VisibleOutput]):
    """Closed pages and board notifications differ, and the blinded audience is notified too."""
    assert len({each.closed_page for each in outputs}) > PERMUTATIONS // 2
    assert len({str(series(each.closed_page, SIGNALS_RAISED)) for each in outputs}) > 1
    assert len({len(each.board_notifications) for each in outputs}) > 1
    assert len(outputs[0].notifications) > 30
    assert all(len(each.board_notifications) > len(each.notifications) for each in outputs)


def test_the_open_output_names_no_treatment(outputs: list[VisibleOutput], treatments: list[str]):
    """Notifications name no term, group or subject; the closed page names every treatment."""
    for each in outputs:
        text = repr(each.open_output)
        assert [name for name in treatments if name in text] == []
        assert all(name.encode() in each.closed_page for name in treatments)
        assert [
            name for name in ("DVT", "clots", "P3", "fatal") if name in repr(each.notifications)
        ] == []


def test_blinded_notifications_of_every_alert_would_unblind(treatments: list[str], tmp_path: Path):
    """The number of notifications alone reveals an arm, and the comparison detects it."""
    logs = [trial_log(treatments, each) for each in (in_turns(), exchange_arms(Random(5)))]
    original, exchanged = run_all(logs, tmp_path, visibility="reference")

    assert original.pages == exchanged.pages and original.notifications != exchanged.notifications
    assert len(original.notifications) != len(exchanged.notifications)
