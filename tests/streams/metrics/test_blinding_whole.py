"""The whole line on one log with the treatments permuted: nothing that is open can tell which."""

from __future__ import annotations

import asyncio
from pathlib import Path
from random import Random

import pytest

from streams.metrics.catalogue import RAISED
from tests.streams.metrics.exported import series
from tests.streams.metrics.permuted_trial import as_drawn, exchanged, redrawn, tokens, trial
from tests.streams.metrics.sinks import Post
from tests.streams.metrics.whole_line import Visible, seen

PERMUTATIONS = 20


def runs(logs: list[list[bytes]], folder: Path, sees: str = "pooled") -> list[Visible]:
    """What each log shows, one after the other, at the same addresses."""

    async def main() -> list[Visible]:
        async with Post().open() as post:
            return [await seen(each, folder, post, sees) for each in logs]

    return asyncio.run(main())


@pytest.fixture(scope="module")
def told() -> list[str]:
    """A random word for each treatment."""
    return tokens()


@pytest.fixture(scope="module")
def shown(told: list[str], tmp_path_factory: pytest.TempPathFactory) -> list[Visible]:
    """The log as it was, and in twenty permutations: names exchanged, then subjects redrawn."""
    chance = Random(5)
    drawn = [exchanged(chance) for _ in range(PERMUTATIONS // 2)]
    drawn += [redrawn(chance) for _ in range(PERMUTATIONS // 2)]
    logs = [trial(told, each) for each in [as_drawn(), *drawn]]
    return runs(logs, tmp_path_factory.mktemp("line"))


def test_of_twenty_permutations_every_open_byte_is_the_same(shown: list[Visible]):
    """Metrics, probes, refusals, log lines; notices by their bodies, headers, count and order."""
    first, *others = shown
    for each in others:
        assert each.pages == first.pages
        assert each.lines == first.lines
        assert each.notices == first.notices
    assert len(others) == PERMUTATIONS


def test_there_was_something_to_tell_the_permutations_by(shown: list[Visible]):
    """The closed pages differ, as do the alerts that the board heard of; the blinded heard, too."""
    assert len({each.closed for each in shown}) > PERMUTATIONS // 2
    assert len({str(series(each.closed, RAISED)) for each in shown}) > 1
    assert len({len(each.board) for each in shown}) > 1
    assert len(shown[0].notices) > 30
    assert all(len(each.board) > len(each.notices) for each in shown)


def test_no_treatment_is_named_in_the_open(shown: list[Visible], told: list[str]):
    """Nor the study's alerts, terms or subjects in a notice; the closed page names them all."""
    for each in shown:
        text = repr(each.open)
        assert [word for word in told if word in text] == []
        assert all(word.encode() in each.closed for word in told)
        assert [
            word for word in ("DVT", "clots", "P3", "fatal") if word in repr(each.notices)
        ] == []


def test_whoever_hears_of_every_alert_could_tell(told: list[str], tmp_path: Path):
    """A notice without content is no blinding: this is what the comparison would have found."""
    logs = [trial(told, each) for each in (as_drawn(), exchanged(Random(5)))]
    one, other = runs(logs, tmp_path, sees="reference")

    assert one.pages == other.pages and one.notices != other.notices
    assert len(one.notices) != len(other.notices)
