"""Writes ``log.jsonl`` from ``solution.json`` and its seed, the same bytes every time.

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

from studies.proderm.cases import Dated, dated_cases
from studies.proderm.reports import Fields, Report, reports
from studies.proderm.timeline import FIRST_ENTRY, WEEK_16, WEEK_40, Timeline, entries, timeline

HERE = Path(__file__).parent
FOLLOWED_UP = 0.33
"""Share of cases with a later version."""
LOCK_DAYS = 60
"""The final tick: nothing further is known this long after the last report."""


class Known(NamedTuple):
    """A record and when it was known: ordinal *day*, then minute of the day."""

    day: int
    minute: int
    thing: str
    version: int
    type: str
    fields: Fields


def main() -> None:
    """Write the log where the first argument says, or beside this file."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "log.jsonl"
    target.write_bytes(log())


def log() -> bytes:
    """The whole log in order of arrival."""
    solution = json.loads((HERE / "solution.json").read_text())
    rng = Random(solution["seed"])
    people: list[dict[str, Any]] = solution["subjects"]
    # All dates are drawn here, in one pass and before anything is reported or computed.
    times = [_timeline(*pair, rng) for pair in zip(people, entries(len(people), rng), strict=True)]
    cases = [
        dated_cases(time, who["parts"], who["events"], rng)
        for who, time in zip(people, times, strict=True)
    ]
    followed = _followed(cases, rng)
    known: list[Known] = []
    for who, time, dated in zip(people, times, cases, strict=True):
        known += _subject(who, time)
        known += _treatments(who["id"], time)
        known += _exits(who, time, rng)
        known += _assessments(who, time, rng)
        known += _adverse_events(who["id"], time, dated, followed, rng)
    known.sort(key=lambda one: (one.day, one.minute))  # Stable: equal times keep their order.
    lock = known[-1].day + LOCK_DAYS
    last = Known(lock, 0, "clock/lock", 1, "tick", {"date": _iso(lock)})
    return b"".join(map(_line, [_plan(), *known, last]))


def _timeline(who: dict[str, Any], entry: int, rng: Random) -> Timeline:
    """The calendar of one subject of the solution."""
    return timeline(
        entry,
        who["cycles"],
        left=who["left"] and who["left"][1],
        deteriorated=who["deteriorated"],
        stable=not who["parts"] and not who["left"],
        rng=rng,
    )


def _followed(cases: list[list[Dated]], rng: Random) -> set[int]:
    """Which cases get a later version: all serious ones, and others up to a third."""
    every = [one for dated in cases for one in dated]
    serious = {id(one) for one in every if one.case.criteria}
    others = [id(one) for one in every if id(one) not in serious]
    return serious | set(rng.sample(others, round(FOLLOWED_UP * len(every)) - len(serious)))


def _plan() -> Known:
    """The plan comes first, a week before the first subject."""
    toml = (HERE / "plan.toml").read_text(encoding="utf-8")
    fields: Fields = {"toml": toml, "sha256": sha256(toml.encode()).hexdigest()}
    return Known(FIRST_ENTRY - 7, 9 * 60, "sponsor/plan", 1, "plan", fields)


def _subject(who: dict[str, Any], time: Timeline) -> Iterator[Known]:
    """Randomised on the day of the first infusion."""
    fields: Fields = {
        "subject": who["id"],
        "site": who["site"],
        "randomised_treatment": who["arm"],
        "date": _iso(time.entry),
    }
    yield Known(time.entry, 8 * 60, f"edc/dm-{who['id']}", 1, "subject", fields)


def _treatments(who: str, time: Timeline) -> Iterator[Known]:
    """An interval is known open, and closed by a second version on the day it ends."""
    for number, interval in enumerate(time.intervals, start=1):
        fields: Fields = {
            "subject": who,
            "treatment": interval.treatment,
            "period": interval.period,
            "start": _iso(time.entry + interval.start),
        }
        thing = f"edc/tx-{who}-{number}"
        start, end = time.entry + interval.start, time.entry + interval.end
        yield Known(start, 9 * 60, thing, 1, "treatment", fields)
        closed = {**fields, "end": _iso(end), "end_reason": interval.reason}
        final = number == len(time.intervals)
        day = time.entry + time.exit if final else end
        yield Known(day, 8 * 60 + 30, thing, 2, "treatment", closed)
    for cycle in time.cycles:
        fields = {
            "subject": who,
            "cycle": cycle.number,
            "first_date": _iso(time.entry + cycle.first),
            "last_date": _iso(time.entry + cycle.last),
            "amount": cycle.grams_per_kg,
            "unit": cycle.grams_per_kg and "g/kg",
        }
        yield Known(
            time.entry + cycle.last, 15 * 60, f"edc/ex-{who}-{cycle.number:02}", 1, "dose", fields
        )


def _exits(who: dict[str, Any], time: Timeline, rng: Random) -> Iterator[Known]:
    """Completion of each period, or the reason for leaving it."""
    ends = [("extension", time.exit)] if "extension" in who["cycles"] else []
    ends.insert(0, ("first", WEEK_16 if ends else time.exit))
    for period, day in ends:
        left = who["left"] and who["left"][0] == period
        fields: Fields = {
            "subject": who["id"],
            "status": who["left"][1] if left else "completed",
            "date": _iso(time.entry + day),
            "period": period,
        }
        known = time.entry + day + rng.randint(0, 7)
        yield Known(known, 16 * 60, f"edc/ds-{who['id']}-{period}", 1, "disposition", fields)


def _assessments(who: dict[str, Any], time: Timeline, rng: Random) -> Iterator[Known]:
    """Total improvement score in steps of 2.5; a leaver keeps the last one, marked imputed."""
    low = (0, 20, 40, 60)
    score, before = 0.0, None
    for visit, day, level in zip(("week16", "week40"), (WEEK_16, WEEK_40), who["tis"], strict=True):
        if day == WEEK_40 and "extension" not in who["cycles"]:
            return
        imputed = time.exit < day
        if not (imputed and before == level):
            score = low[level] + 2.5 * rng.randint(0, 7)
        before = level
        fields: Fields = {
            "subject": who["id"],
            "instrument": "TIS",
            "visit": visit,
            "value": score,
            "date": _iso(time.entry + day),
            "imputed": imputed,
        }
        thing = f"edc/tis-{who['id']}-{visit}"
        yield Known(time.entry + day, 12 * 60, thing, 1, "assessment", fields)


def _adverse_events(
    who: str, time: Timeline, dated: list[Dated], followed: set[int], rng: Random
) -> Iterator[Known]:
    """Every version of every case, at an hour of the working day."""
    for number, one in enumerate(dated, start=1):
        told: list[Report] = reports(who, time.entry, one, id(one) in followed, rng)
        for version, report in enumerate(told, start=1):
            minute = rng.randint(8 * 60, 18 * 60)
            thing = f"edc/ae-{who}-{number:02}"
            yield Known(report.known, minute, thing, version, "adverse_event", report.fields)


def _iso(ordinal: int) -> str:
    return date.fromordinal(ordinal).isoformat()


def _line(known: Known) -> bytes:
    """One record as the wire has it; what is absent is left out."""
    system, name = known.thing.split("/")
    hour, minute = divmod(known.minute, 60)
    record = {
        "schema": "trial.log/1",
        "type": known.type,
        "study": "PRODERM",
        "source": {"system": system, "id": name, "version": known.version},
        "known_at": f"{_iso(known.day)}T{hour:02}:{minute:02}:00Z",
        **{name: value for name, value in known.fields.items() if value is not None},
    }
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


if __name__ == "__main__":
    main()
