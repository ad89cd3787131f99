"""A study leaves no reference cycle: a worker, which reloads studies, collects them too rarely."""

from __future__ import annotations

import gc
from hashlib import sha256

import orjson

from monitor.records import Record
from monitor.state.study import Study
from streams.processor.pipeline import apply_record
from streams.records.decode import decode
from tests.streams.processor.processors import PRODERM


def amendment() -> bytes:
    """The plan of the log again, as its next version with a comment."""
    fields = orjson.loads(PRODERM[0])
    toml = fields["toml"] + "\n# Amended.\n"
    fields |= {"toml": toml, "sha256": sha256(toml.encode()).hexdigest()}
    fields["source"] |= {"version": 2}
    return orjson.dumps(fields)


def fold_and_drop() -> None:
    """Fold ProDERM's first records and an amendment of its plan, and drop the study."""
    study: Study | None = None
    for position, value in enumerate([*PRODERM[:300], amendment()]):
        record = decode(value)
        assert isinstance(record, Record)
        study, _ = apply_record(study, record, position)
    assert study is not None and study.first_events


def test_a_study_that_is_dropped_is_freed_without_a_cyclic_collection():
    """First events and the watches evaluated on them refer to each other; no cycle remains."""
    fold_and_drop()
    gc.collect()
    gc.disable()
    try:
        fold_and_drop()
        assert gc.collect() == 0
    finally:
        gc.enable()
