"""Writes ``log.jsonl`` from ``solution.json`` and its seed, the same bytes on every run.

Run from the root of the repository: ``python -m studies.proderm.generate [FILE]``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from studies.proderm.cases import DatedCase, dated_cases
from studies.proderm.reports import CaseVersion, Fields, case_versions
from studies.proderm.timeline import (
    FIRST_ENTRY,
    WEEK_16,
    WEEK_40,
    Timeline,
    draw_entries,
    draw_timeline,
)

HERE = Path(__file__).parent
FOLLOW_UP_SHARE = 0.33
"""Share of cases with a later version."""
LOCK_DAYS = 60
"""Days from the last report to the final tick."""


class TimedRecord(NamedTuple):
    """A record and when it became known: *day* as a date ordinal, *minute* of that day."""

    day: int
    minute: int
    source_id: str
    version: int
    type: str
    fields: Fields


def main() -> None:
    """Write the log to the file in the first argument, or else beside this module."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "log.jsonl"
    target.write_bytes(build_log())


def build_log() -> bytes:
    """Return the whole log in order of arrival, as JSON lines."""
    solution = json.loads((HERE / "solution.json").read_text())
    rng = Random(solution["seed"])
    subjects: list[dict[str, Any]] = solution["subjects"]
    # All dates are drawn in one pass, before any reporting delay is drawn.
    timelines = [
        _timeline(*pair, rng)
        for pair in zip(subjects, draw_entries(len(subjects), rng), strict=True)
    ]
    cases = [
        dated_cases(subject_timeline, subject["parts"], subject["events"], rng)
        for subject, subject_timeline in zip(subjects, timelines, strict=True)
    ]
    with_follow_up = _draw_followed_up(cases, rng)
    records: list[TimedRecord] = []
    for subject, subject_timeline, dated in zip(subjects, timelines, cases, strict=True):
        records += _subject_record(subject, subject_timeline)
        records += _treatment_records(subject["id"], subject_timeline)
        records += _disposition_records(subject, subject_timeline, rng)
        records += _assessment_records(subject, subject_timeline, rng)
        records += _case_records(subject["id"], subject_timeline, dated, with_follow_up, rng)
    records.sort(key=lambda one: (one.day, one.minute))  # Stable: equal times keep their order.
    lock_day = records[-1].day + LOCK_DAYS
    last = TimedRecord(lock_day, 0, "clock/lock", 1, "tick", {"date": _iso(lock_day)})
    return b"".join(map(_encode, [_plan_record(), *records, last]))


def _timeline(subject: dict[str, Any], entry: int, rng: Random) -> Timeline:
    """Draw the calendar of one subject of the solution."""
    return draw_timeline(
        entry,
        subject["cycles"],
        exit_reason=subject["left"] and subject["left"][1],
        has_deteriorated=subject["deteriorated"],
        is_stable=not subject["parts"] and not subject["left"],
        rng=rng,
    )


def _draw_followed_up(cases: list[list[DatedCase]], rng: Random) -> set[int]:
    """Draw the cases with a later version: all serious ones, and others up to a third of all."""
    all_cases = [one for dated in cases for one in dated]
    serious = {id(one) for one in all_cases if one.case.criteria}
    others = [id(one) for one in all_cases if id(one) not in serious]
    return serious | set(rng.sample(others, round(FOLLOW_UP_SHARE * len(all_cases)) - len(serious)))


def _plan_record() -> TimedRecord:
    """Return the plan, known a week before the first subject enters."""
    toml = (HERE / "plan.toml").read_text(encoding="utf-8")
    fields: Fields = {"toml": toml, "sha256": sha256(toml.encode()).hexdigest()}
    return TimedRecord(FIRST_ENTRY - 7, 9 * 60, "sponsor/plan", 1, "plan", fields)


def _subject_record(subject: dict[str, Any], time: Timeline) -> Iterator[TimedRecord]:
    """Yield the subject, randomised on the day of the first infusion."""
    fields: Fields = {
        "subject": subject["id"],
        "site": subject["site"],
        "randomised_treatment": subject["arm"],
        "date": _iso(time.entry),
    }
    yield TimedRecord(time.entry, 8 * 60, f"edc/dm-{subject['id']}", 1, "subject", fields)


def _treatment_records(subject_id: str, time: Timeline) -> Iterator[TimedRecord]:
    """Yield each interval open on its first day and closed by version 2, then every dose."""
    for number, interval in enumerate(time.intervals, start=1):
        fields: Fields = {
            "subject": subject_id,
            "treatment": interval.treatment,
            "period": interval.period,
            "start": _iso(time.entry + interval.start),
        }
        source_id = f"edc/tx-{subject_id}-{number}"
        start, end = time.entry + interval.start, time.entry + interval.end
        yield TimedRecord(start, 9 * 60, source_id, 1, "treatment", fields)
        closed = {**fields, "end": _iso(end), "end_reason": interval.reason}
        is_last = number == len(time.intervals)
        day = time.entry + time.exit if is_last else end
        yield TimedRecord(day, 8 * 60 + 30, source_id, 2, "treatment", closed)
    for cycle in time.cycles:
        fields = {
            "subject": subject_id,
            "cycle": cycle.number,
            "first_date": _iso(time.entry + cycle.first),
            "last_date": _iso(time.entry + cycle.last),
            "amount": cycle.grams_per_kg,
            "unit": cycle.grams_per_kg and "g/kg",
        }
        yield TimedRecord(
            time.entry + cycle.last,
            15 * 60,
            f"edc/ex-{subject_id}-{cycle.number:02}",
            1,
            "dose",
            fields,
        )


def _disposition_records(
    subject: dict[str, Any], time: Timeline, rng: Random
) -> Iterator[TimedRecord]:
    """Yield the completion of each period, or the reason for leaving it."""
    ends = [("extension", time.exit)] if "extension" in subject["cycles"] else []
    ends.insert(0, ("first", WEEK_16 if ends else time.exit))
    for period, day in ends:
        left = subject["left"] and subject["left"][0] == period
        fields: Fields = {
            "subject": subject["id"],
            "status": subject["left"][1] if left else "completed",
            "date": _iso(time.entry + day),
            "period": period,
        }
        known_day = time.entry + day + rng.randint(0, 7)
        yield TimedRecord(
            known_day, 16 * 60, f"edc/ds-{subject['id']}-{period}", 1, "disposition", fields
        )


def _assessment_records(
    subject: dict[str, Any], time: Timeline, rng: Random
) -> Iterator[TimedRecord]:
    """Yield total improvement scores in steps of 2.5; leavers keep the last one, marked imputed."""
    level_minimum = (0, 20, 40, 60)
    score, level_before = 0.0, None
    for visit, day, level in zip(
        ("week16", "week40"), (WEEK_16, WEEK_40), subject["tis"], strict=True
    ):
        if day == WEEK_40 and "extension" not in subject["cycles"]:
            return
        imputed = time.exit < day
        if not (imputed and level_before == level):
            score = level_minimum[level] + 2.5 * rng.randint(0, 7)
        level_before = level
        fields: Fields = {
            "subject": subject["id"],
            "instrument": "TIS",
            "visit": visit,
            "value": score,
            "date": _iso(time.entry + day),
            "imputed": imputed,
        }
        source_id = f"edc/tis-{subject['id']}-{visit}"
        yield TimedRecord(time.entry + day, 12 * 60, source_id, 1, "assessment", fields)


def _case_records(
    subject_id: str,
    time: Timeline,
    dated_cases_of_subject: list[DatedCase],
    with_follow_up: set[int],
    rng: Random,
) -> Iterator[TimedRecord]:
    """Yield every version of every case, at a minute between 08:00 and 18:00."""
    for number, dated_case in enumerate(dated_cases_of_subject, start=1):
        versions: list[CaseVersion] = case_versions(
            subject_id, time.entry, dated_case, id(dated_case) in with_follow_up, rng
        )
        for version, report in enumerate(versions, start=1):
            minute = rng.randint(8 * 60, 18 * 60)
            source_id = f"edc/ae-{subject_id}-{number:02}"
            yield TimedRecord(
                report.known_day, minute, source_id, version, "adverse_event", report.fields
            )


def _iso(ordinal: int) -> str:
    return date.fromordinal(ordinal).isoformat()


def _encode(timed_record: TimedRecord) -> bytes:
    """Return one record as a line of JSON, without its absent fields."""
    system, name = timed_record.source_id.split("/")
    hour, minute = divmod(timed_record.minute, 60)
    record = {
        "schema": "trial.log/1",
        "type": timed_record.type,
        "study": "PRODERM",
        "source": {"system": system, "id": name, "version": timed_record.version},
        "known_at": f"{_iso(timed_record.day)}T{hour:02}:{minute:02}:00Z",
        **{name: value for name, value in timed_record.fields.items() if value is not None},
    }
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


if __name__ == "__main__":
    main()
