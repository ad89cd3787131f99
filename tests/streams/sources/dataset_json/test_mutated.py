"""Reads 2,000 damaged files of Dataset-JSON: each is read or refused with a sentence."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

from tests.streams.sources.dataset_json.data_sets import as_json, as_ndjson
from tests.streams.sources.mutations import mutated
from tests.streams.sources.xpt.test_mutated import FILES, outcome


def test_no_damaged_file_ends_in_a_traceback(tmp_path: Path):
    """Flips, cuts and insertions anywhere in both forms, and in UTF-16."""
    random = Random(15)
    whole = [as_json().encode(), as_ndjson().encode(), as_json().encode("utf-16")]
    path = tmp_path / "ae.json"
    outcomes: Counter[str] = Counter()
    for _ in range(FILES):
        path.write_bytes(mutated(random.choice(whole), random, header=600))
        outcomes[outcome(path)] += 1

    assert sum(outcomes.values()) == FILES
    assert outcomes["read"] > 100
    assert len(outcomes) > 8
