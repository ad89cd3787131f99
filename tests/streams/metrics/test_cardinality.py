"""However many terms appear, the series are as many as the plan and the arms ask for."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import orjson

from streams.metrics.catalogue import CATALOGUE
from streams.metrics.figures import SOC_MAX, compute_figures
from streams.processor.pipeline import Pipeline
from tests.scenarios.commands import clot_record, small_log, treatment_record
from tests.streams.metrics.exported import folded_worker

TERMS = 100_000
TERMS_PER_SUBJECT = 20
SEED = 20_261_124


def test_a_hundred_thousand_random_terms_make_no_more_series_than_a_few():
    """Groups x comparators x 2, and a constant: each case has a term and a class of its own."""
    pipeline, lines = Pipeline(), list(trial_with_many_terms(random.Random(SEED)))
    for at, line in enumerate(lines):
        pipeline.process_bytes(orjson.dumps(line), at)
    desk = folded_worker([orjson.dumps(line) for line in small_log()], "S")
    desk.figure_cache.figures_by_partition[0] = {
        "S": compute_figures(pipeline.studies["S"], len(lines))
    }

    assert len(pipeline.studies["S"].first_events) > 2 * TERMS
    groups, treatments, watches = 2 + SOC_MAX + 1, 2, 1 + SOC_MAX
    assert series_count(desk.closed_page()) <= groups * treatments * 2 + watches * 2 + 40
    assert series_count(desk.open_page()) <= 60
    assert b'group="other"' in desk.closed_page()


def trial_with_many_terms(dice: random.Random) -> Iterator[dict[str, Any]]:
    """A small trial, and subjects each of whom has things that nobody has had before."""
    yield from small_log()
    for number in range(TERMS):
        subject = f"N{number // TERMS_PER_SUBJECT}"
        if number % TERMS_PER_SUBJECT == 0:
            yield treatment_record(subject, ("drug", "placebo")[number // TERMS_PER_SUBJECT % 2])
        case = clot_record(subject, "2020-01-20", preferred_term=random_word(dice))
        case["source"]["id"] = f"n-{number}"
        yield case | {"system_organ_class": random_word(dice)}


def random_word(dice: random.Random) -> str:
    """Words that nobody has said before."""
    return f"{dice.getrandbits(64):016x}"


def series_count(exposition: bytes) -> int:
    """How many series there are."""
    return sum(not line.startswith(b"#") for line in exposition.splitlines())


def test_no_label_is_a_term():
    """Labels are names of the plan, of the log's shape, of settings, or a few of our words."""
    labels = {label for metric in CATALOGUE for label in metric.labels}

    assert labels == {
        *("study", "outcome", "partition", "version"),
        *("treatment", "kind", "group", "watch", "level", "answer", "channel", "why"),
    }
