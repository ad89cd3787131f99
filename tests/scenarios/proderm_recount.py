"""Recounts the ProDERM log from its raw lines, without code of the product or the generator."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from math import exp, log
from pathlib import Path
from typing import Any

Fields = dict[str, Any]
EventCondition = Callable[["Event"], bool]
WINDOW_DAYS = 28
INFUSIONAL_DAYS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell:
    """Days ``[start, end)`` on which a subject is at risk under one treatment, as day numbers."""

    treatment: str
    period: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """The latest version of a case, with the treatment of its subject at onset."""

    subject: str
    treatment: str
    period: str
    onset: int
    infusional: bool
    fields: Fields

    @property
    def label(self) -> str:
        """The label group of the case, or its preferred term where it has none."""
        return self.fields.get("label_group") or self.fields["preferred_term"]

    @property
    def related(self) -> bool:
        """Whether the investigator judges it possibly or probably related (table 1, footnote c)."""
        return self.fields["relatedness"] in {"possible", "probable"}

    @property
    def thromboembolic(self) -> bool:
        """Whether it is adjudicated as thromboembolic."""
        return self.fields.get("adjudications", {}).get("thromboembolic") == "yes"


@dataclass(slots=True)
class Trial:
    """The latest version of every entity, by record type, after some records of the log."""

    latest: dict[str, dict[str, Fields]] = field(
        default_factory=lambda: defaultdict[str, dict[str, Fields]](dict)
    )

    def add(self, record: Fields) -> None:
        """Replace the earlier version of the record's entity."""
        entity = f"{record['source']['system']}/{record['source']['id']}"
        self.latest[record["type"]][entity] = record

    def records_of(self, kind: str, subject: str | None = None) -> list[Fields]:
        """Return the records of one type, of all subjects or of one."""
        records = self.latest[kind].values()
        return [one for one in records if subject is None or one["subject"] == subject]

    @property
    def arms(self) -> dict[str, str]:
        """The randomised treatment by subject."""
        return {one["subject"]: one["randomised_treatment"] for one in self.records_of("subject")}


def read_log(path: Path) -> list[Fields]:
    """Parse the lines of a log."""
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def trial_of(records: Iterable[Fields]) -> Trial:
    """Return the trial after *records*."""
    trial = Trial()
    for record in records:
        trial.add(record)
    return trial


def spells(trial: Trial, subject: str) -> list[Spell]:
    """Return the spells of *subject*, in order.

    A spell ends with the window after treatment, the next start or the exit, whichever is first.
    """
    treatments = sorted(trial.records_of("treatment", subject), key=lambda one: one["start"])
    starts = [day_number(one["start"]) for one in treatments]
    at_risk: list[Spell] = []
    for one, start, following in zip(treatments, starts, [*starts[1:], None], strict=True):
        ends = [day_number(one["end"]) + WINDOW_DAYS] if "end" in one else []
        ends += [following] if following is not None else []
        ends += [
            day_number(exit_["date"]) + 1
            for exit_ in trial.records_of("disposition", subject)
            if exit_.get("period") in {None, one["period"]}
        ]
        end = min(ends, default=date.max.toordinal())
        at_risk.append(
            Spell(treatment=one["treatment"], period=one["period"], start=start, end=end)
        )
    return at_risk


def events(trial: Trial) -> list[Event]:
    """Return every case whose onset is in a spell, with the spell's treatment and period."""
    at_risk = {subject: spells(trial, subject) for subject in trial.arms}
    doses: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for dose in trial.records_of("dose"):
        doses[dose["subject"]].append(
            (day_number(dose["first_date"]), day_number(dose["last_date"]))
        )
    emergent: list[Event] = []
    for fields in trial.records_of("adverse_event"):
        subject, onset = fields["subject"], day_number(fields["onset"])
        infusional = any(first <= onset <= last + INFUSIONAL_DAYS for first, last in doses[subject])
        emergent += [
            Event(
                subject=subject,
                treatment=spell.treatment,
                period=spell.period,
                onset=onset,
                infusional=infusional,
                fields=fields,
            )
            for spell in at_risk[subject]
            if spell.start <= onset < spell.end
        ]
    return emergent


def cycles(trial: Trial, treatment: str) -> int:
    """Count the dose records whose first day is in a spell of *treatment*."""
    count = 0
    for dose in trial.records_of("dose"):
        first_day = day_number(dose["first_date"])
        current = [s for s in spells(trial, dose["subject"]) if s.start <= first_day < s.end]
        count += [spell.treatment for spell in current] == [treatment]
    return count


def columns(emergent: list[Event], condition: EventCondition) -> list[list[int]]:
    """Count patients and events that meet *condition*, for the three columns of table 1."""
    first = [one for one in emergent if one.period == "first"]
    selections = (
        [one for one in first if one.treatment == "ivig"],
        [one for one in first if one.treatment == "placebo"],
        [one for one in emergent if one.treatment == "ivig"],
    )
    return [
        [patients(selection, condition), sum(map(condition, selection))] for selection in selections
    ]


def patients(cases: Iterable[Event], condition: EventCondition) -> int:
    """Count the subjects with an event that meets *condition*."""
    return len({one.subject for one in cases if condition(one)})


def reference_evidence(trial: Trial, as_of: int, per_100_years: float) -> float:
    """Return the e-value of thromboembolic events on IVIG against a background rate.

    It is a mixture with equal weights on 33 rate ratios from 1.25 to 20.  Only the first event of
    a subject counts.  *as_of* is a day number.
    """
    first: dict[str, int] = {}
    for one in events(trial):
        if one.thromboembolic and one.treatment == "ivig" and one.onset <= as_of:
            first[one.subject] = min(one.onset, first.get(one.subject, one.onset))
    days = 0
    for subject in trial.arms:
        until = min(as_of, first.get(subject, as_of)) + 1
        on_ivig = [s for s in spells(trial, subject) if s.treatment == "ivig"]
        days += sum(max(0, min(spell.end, until) - spell.start) for spell in on_ivig)
    expected = per_100_years / 100 * days / 365.25
    rate_ratios = [1.25 * 16 ** (step / 32) for step in range(33)]
    return sum(exp(len(first) * log(ratio) - (ratio - 1) * expected) for ratio in rate_ratios) / 33


def day_number(text: str) -> int:
    """Return the day number (proleptic Gregorian ordinal) of a full date or an instant."""
    return date.fromisoformat(text[:10]).toordinal()
