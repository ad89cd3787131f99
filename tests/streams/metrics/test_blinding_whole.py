"""The whole line on one log with the treatments permuted: nothing that is open can tell which."""

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


def run_all(logs: list[list[bytes]], folder: Path, sees: str = "pooled") -> list[VisibleOutput]:
    """What each log shows, one after the other, at the same addresses."""

    async def main() -> list[VisibleOutput]:
        async with RequestRecorder().open() as post:
            return [await capture_output(each, folder, post, sees) for each in logs]

    return asyncio.run(main())


@pytest.fixture(scope="module")
def treatments() -> list[str]:
    """A random word for each treatment."""
    return random_names()


@pytest.fixture(scope="module")
def outputs(treatments: list[str], tmp_path_factory: pytest.TempPathFactory) -> list[VisibleOutput]:
    """The log as it was, and in twenty permutations: names exchanged, then subjects redrawn."""
    chance = Random(5)
    drawn = [exchange_arms(chance) for _ in range(PERMUTATIONS // 2)]
    drawn += [redraw_subjects(chance) for _ in range(PERMUTATIONS // 2)]
    logs = [trial_log(treatments, each) for each in [in_turns(), *drawn]]
    return run_all(logs, tmp_path_factory.mktemp("line"))


def test_of_twenty_permutations_every_open_byte_is_the_same(outputs: list[VisibleOutput]):
    """Metrics, probes, refusals, log lines; notices by their bodies, headers, count and order."""
    first, *others = outputs
    for each in others:
        assert each.pages == first.pages
        assert each.log_lines == first.log_lines
        assert each.notifications == first.notifications
    assert len(others) == PERMUTATIONS


def test_there_was_something_to_tell_the_permutations_by(outputs: list[VisibleOutput]):
    """The closed pages differ, as do the alerts that the board heard of; the blinded heard, too."""
    assert len({each.closed_page for each in outputs}) > PERMUTATIONS // 2
    assert len({str(series(each.closed_page, SIGNALS_RAISED)) for each in outputs}) > 1
    assert len({len(each.board_notifications) for each in outputs}) > 1
    assert len(outputs[0].notifications) > 30
    assert all(len(each.board_notifications) > len(each.notifications) for each in outputs)


def test_no_treatment_is_named_in_the_open(outputs: list[VisibleOutput], treatments: list[str]):
    """Nor the study's alerts, terms or subjects in a notice; the closed page names them all."""
    for each in outputs:
        text = repr(each.open_output)
        assert [word for word in treatments if word in text] == []
        assert all(word.encode() in each.closed_page for word in treatments)
        assert [
            word for word in ("DVT", "clots", "P3", "fatal") if word in repr(each.notifications)
        ] == []


def test_whoever_hears_of_every_alert_could_tell(treatments: list[str], tmp_path: Path):
    """A notice without content is no blinding: this is what the comparison would have found."""
    logs = [trial_log(treatments, each) for each in (in_turns(), exchange_arms(Random(5)))]
    one, other = run_all(logs, tmp_path, sees="reference")

    assert one.pages == other.pages and one.notifications != other.notifications
    assert len(one.notifications) != len(other.notifications)
