"""However many terms appear, the series are as many as the plan and the arms ask for."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import orjson

from streams.metrics.catalogue import CATALOGUE
from streams.metrics.figures import SOC_MAX, figures
from streams.processor.pipeline import Pipeline
from tests.scenarios.commands import clot, small, treated
from tests.streams.metrics.exported import folded

TERMS = 100_000
EACH = 20
SEED = 20_261_124


def test_a_hundred_thousand_random_terms_make_no_more_series_than_a_few():
    """Groups x comparators x 2, and a constant: each case has a term and a class of its own."""
    pipeline, lines = Pipeline(), list(chattering(random.Random(SEED)))
    for at, line in enumerate(lines):
        pipeline.advance(orjson.dumps(line), at)
    desk = folded([orjson.dumps(line) for line in small()], "S")
    desk.survey.found[0] = {"S": figures(pipeline.studies["S"], len(lines))}

    assert len(pipeline.studies["S"].first_events) > 2 * TERMS
    groups, treatments, watches = 2 + SOC_MAX + 1, 2, 1 + SOC_MAX
    assert shown(desk.closed()) <= groups * treatments * 2 + watches * 2 + 40
    assert shown(desk.open()) <= 60
    assert b'group="other"' in desk.closed()


def chattering(dice: random.Random) -> Iterator[dict[str, Any]]:
    """A small trial, and subjects each of whom has things that nobody has had before."""
    yield from small()
    for number in range(TERMS):
        subject = f"N{number // EACH}"
        if number % EACH == 0:
            yield treated(subject, ("drug", "placebo")[number // EACH % 2])
        case = clot(subject, "2020-01-20", preferred_term=word(dice))
        case["source"]["id"] = f"n-{number}"
        yield case | {"system_organ_class": word(dice)}


def word(dice: random.Random) -> str:
    """Words that nobody has said before."""
    return f"{dice.getrandbits(64):016x}"


def shown(exposition: bytes) -> int:
    """How many series there are."""
    return sum(not line.startswith(b"#") for line in exposition.splitlines())


def test_no_label_is_a_term():
    """Labels are names of the plan, of the log's shape, of settings, or a few of our words."""
    labels = {label for metric in CATALOGUE for label in metric.labels}

    assert labels == {
        *("study", "outcome", "partition", "version"),
        *("treatment", "kind", "group", "watch", "level", "answer", "channel", "why"),
    }
