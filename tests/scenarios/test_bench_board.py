"""Tests the measurement of the board: ages of pages, more terms, and what is met."""

from __future__ import annotations

import orjson

from benchmarks.live.board import count_terms, with_more_terms
from benchmarks.live.board_readers import PageLoad
from benchmarks.live.board_report import BoardRun, board_table, fold_row
from benchmarks.live.board_server import BoardCpu
from benchmarks.live.latency import WARM_UP_RECORDS
from benchmarks.live.load import Message
from benchmarks.live.paced_fold import DueRecords, FoldRun
from streams.records.encode import encode_record


def page_load(position: int, answered: float = 100.0, seconds: float = 0.01) -> PageLoad:
    """Return a page of study A that is complete to *position*."""
    return PageLoad(
        study="A", view="overview", position=position, answered=answered, seconds=seconds
    )


def fold_run(records: int = 2_000, worker_cpu: float = 0.5) -> FoldRun:
    """Return a second in which *records* were folded."""
    return FoldRun(
        seconds=1.0, records=records, worker_cpu=worker_cpu, board_cpu=BoardCpu(0.1, 0.2)
    )


def board_run(seconds: float, age: float) -> BoardRun:
    """Return a run in which each view was loaded once."""
    loads = [
        PageLoad(study="A", view=view, position=0, answered=1.0, seconds=seconds)
        for view in ("overview", "alerts", "rates")
    ]
    return BoardRun(fold=fold_run(), loads=loads, ages=[age] * 3, events=7, silence=1.0)


def adverse_event(subject: str, term: str) -> bytes:
    """Return a case of *subject*."""
    return encode_record({"type": "adverse_event", "subject": subject, "preferred_term": term})


def test_the_age_is_that_of_the_first_due_record_of_the_study_that_is_missing():
    """A record of another study in the same partition makes a page no older."""
    warm_up = [Message(0, "A", b"")] * WARM_UP_RECORDS
    due = [Message(0, "B", b""), Message(0, "A", b""), Message(0, "A", b"")]
    records = DueRecords.of([*warm_up, *due], begin=90.0, rate=1)

    assert records.age_of(page_load(WARM_UP_RECORDS)) == 100.0 - 91.0
    assert records.age_of(page_load(WARM_UP_RECORDS + 2)) == 100.0 - 92.0
    assert records.age_of(page_load(WARM_UP_RECORDS + 3)) == 0.0
    assert records.age_of(page_load(WARM_UP_RECORDS, answered=90.5)) == 0.0


def test_a_case_keeps_its_term_in_each_version():
    """The subject decides; the terms of a watch, and other records, stay as they are."""
    line = adverse_event("S-00001", "Preferred term 007")
    changed = orjson.loads(with_more_terms(line))["preferred_term"]
    watched, plan = adverse_event("S-00001", "Pulmonary embolism"), b'{"type":"plan"}'

    assert changed.startswith("Preferred term 007 (")
    assert with_more_terms(line) == with_more_terms(line)
    assert (with_more_terms(watched), with_more_terms(plan)) == (watched, plan)


def test_there_are_ten_times_as_many_terms():
    """Subjects differ in the term that stands for one of the drawn log."""
    lines = [adverse_event(f"S-{number:05}", "Preferred term 007") for number in range(200)]

    assert count_terms([Message(0, "A", with_more_terms(line)) for line in lines]) == 10


def test_each_requirement_is_met_or_not():
    """A late page, an old one and a slower fold are each said."""
    good = board_table(fold_run(), board_run(0.02, 0.5), 2_000, 2_000)
    late = board_table(fold_run(), board_run(0.40, 0.5), 2_000, 2_000)
    old = board_table(fold_run(), board_run(0.02, 9.0), 2_000, 2_000)

    assert "NOT MET" not in good
    assert "must p99 at most 300 ms: NOT MET" in late
    assert "0.0% are: NOT MET" in old
    assert "NOT MET" in fold_row("", fold_run(records=1_700), fold_run())[-1]
    assert "NOT MET" in fold_row("", fold_run(worker_cpu=0.6), fold_run())[-1]
