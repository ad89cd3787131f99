"""Checks that the number of series depends on the plan and the arms, not on the terms."""

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


def test_100_000_random_terms_add_no_series():
    """Each case has its own term and system organ class; the bound counts groups and arms."""
    pipeline, lines = Pipeline(), list(trial_with_many_terms(random.Random(SEED)))
    for at, line in enumerate(lines):
        pipeline.process_bytes(orjson.dumps(line), at)
    worker = folded_worker([orjson.dumps(line) for line in small_log()], "S")
    worker.figure_cache.figures_by_partition[0] = {
        "S": compute_figures(pipeline.studies["S"], len(lines))
    }

    assert len(pipeline.studies["S"].first_events) > 2 * TERMS
    groups, treatments, watches = 2 + SOC_MAX + 1, 2, 1 + SOC_MAX
    assert series_count(worker.closed_page()) <= groups * treatments * 2 + watches * 2 + 40
    assert series_count(worker.open_page()) <= 60
    assert b'group="other"' in worker.closed_page()


def trial_with_many_terms(rng: random.Random) -> Iterator[dict[str, Any]]:
    """Yield a small trial, and cases whose terms occur only once."""
    yield from small_log()
    for number in range(TERMS):
        subject = f"N{number // TERMS_PER_SUBJECT}"
        if number % TERMS_PER_SUBJECT == 0:
            yield treatment_record(subject, ("drug", "placebo")[number // TERMS_PER_SUBJECT % 2])
        case = clot_record(subject, "2020-01-20", preferred_term=random_word(rng))
        case["source"]["id"] = f"n-{number}"
        yield case | {"system_organ_class": random_word(rng)}


def random_word(rng: random.Random) -> str:
    """Return a random word that does not occur before."""
    return f"{rng.getrandbits(64):016x}"


def series_count(exposition: bytes) -> int:
    """Return the number of series in *exposition*."""
    return sum(not line.startswith(b"#") for line in exposition.splitlines())


def test_no_label_is_a_term():
    """Labels are names from the plan, partitions, settings, or values of small enumerations."""
    labels = {label for metric in CATALOGUE for label in metric.labels}

    assert labels == {
        *("study", "outcome", "partition", "version"),
        *("treatment", "kind", "group", "watch", "level", "answer", "channel", "why"),
        *("route", "status", "result"),
    }
