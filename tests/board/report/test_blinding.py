"""Tests that the open report cannot tell treatments: its types, and twenty permutations."""

from __future__ import annotations

import typing
from dataclasses import fields, is_dataclass
from functools import cache
from random import Random
from typing import Any

import orjson
import pytest

from board.follower.from_log import facts_from_log
from board.report.closed import closed_report
from board.report.files import ReportFormat, report_files
from board.report.pooled import PooledStudy, open_report, pool
from tests.board.studies import proderm_records
from tests.streams.metrics.permuted_trial import (
    exchange_arms,
    in_turns,
    random_names,
    redraw_subjects,
    trial_log,
)

PERMUTATIONS = 20
FORMATS = (ReportFormat.HTML, ReportFormat.CSV)
ARM_WORDS = ("treatment", "arm", "alloc", "randomised_treatment", "study", "spell", "entity")
OWN_NAME = "study"
"""A field with the study's name, not the study itself."""


def files_of(lines: list[bytes], zone: str = "open") -> dict[str, bytes]:
    """Return the files of a report of a log."""
    (facts,) = facts_from_log(lines)
    report = open_report(pool(facts, None)) if zone == "open" else closed_report(facts, None)
    return dict(report_files(report, FORMATS))


@cache
def treatments() -> tuple[str, ...]:
    """Return a random name for each treatment."""
    return tuple(random_names())


def permuted_logs() -> list[list[bytes]]:
    """Return the log of a small trial under twenty permutations of its treatments."""
    chance = Random(7)
    allocations = [exchange_arms(chance) for _ in range(PERMUTATIONS // 2)]
    allocations += [redraw_subjects(chance) for _ in range(PERMUTATIONS // 2)]
    return [trial_log(treatments(), each) for each in (in_turns(), *allocations)]


def test_twenty_permutations_give_the_same_open_report():
    """HTML and CSV are equal byte for byte, and name no treatment; the closed report differs."""
    first, *others = [files_of(log) for log in permuted_logs()]

    assert len(others) == PERMUTATIONS
    assert all(each == first for each in others)
    assert not [name for name in treatments() if name in repr(first)]
    closed = [files_of(log, "closed") for log in permuted_logs()[:4]]
    assert len({each["report.html"] for each in closed}) > 1


def test_the_pdf_of_permutations_is_the_same():
    """The PDF of a permutation is that of the log, byte for byte."""
    pytest.importorskip("weasyprint", reason="WeasyPrint is not installed")
    logs = permuted_logs()
    made: list[bytes] = []
    for log in (logs[0], logs[3], logs[-1]):
        (facts,) = facts_from_log(log)
        made.append(
            dict(report_files(open_report(pool(facts, None)), [ReportFormat.PDF]))["report.pdf"]
        )
    assert made[0] == made[1] == made[2]


def test_exchanged_treatments_of_a_real_trial():
    """ProDERM with the treatments of each subject exchanged by chance: nothing of it is seen."""
    chance, other = Random(11), {"ivig": "placebo", "placebo": "ivig"}
    exchanged = {record.get("subject") for record in proderm_records()}
    exchanged = {name for name in sorted(map(str, exchanged)) if chance.random() < 0.5}
    log: list[bytes] = []
    for record in proderm_records():
        new = dict(record)
        if record.get("subject") in exchanged:
            for field in ("treatment", "randomised_treatment"):
                if field in record:
                    new[field] = other[record[field]]
        log.append(orjson.dumps(new))

    assert len(exchanged) > 20
    assert files_of(log) == files_of([orjson.dumps(each) for each in proderm_records()])


def types_in(hint: Any, seen: set[type]) -> None:
    """Collect the types with fields that a value of type *hint* can hold."""
    for inner in typing.get_args(hint):
        types_in(inner, seen)
    if isinstance(hint, type) and hint not in seen and field_types(hint):
        seen.add(hint)
        for each in field_types(hint).values():
            types_in(each, seen)


def field_types(kind: type) -> dict[str, Any]:
    """Return the types of the fields of a dataclass or named tuple."""
    has_fields = is_dataclass(kind) or hasattr(kind, "_fields")
    hints = typing.get_type_hints(kind) if has_fields else {}
    names = {each.name for each in fields(kind)} if is_dataclass(kind) else set(hints)
    return {name: hint for name, hint in hints.items() if name in names}


def test_no_type_of_the_open_report_has_a_field_for_an_arm():
    """The types that the open report is made of hold no treatment, however deep."""
    seen: set[type] = set()
    types_in(PooledStudy, seen)
    names = {
        (kind.__name__, name)
        for kind in seen
        for name in field_types(kind)
        if (kind, name) != (PooledStudy, OWN_NAME)
    }
    named = {pair for pair in names if any(word in pair[1] for word in ARM_WORDS)}

    assert {kind.__name__ for kind in seen} >= {"Population", "SafetySubject", "SafetyCase"}
    assert named == {("SafetySubject", "days_on_treatment")}
