"""Counts the ProDERM log again from its raw lines, with no code of the product's or generator's."""

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
    """A subject at risk on the days ``[start, end)``."""

    treatment: str
    period: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A case as last reported, under the treatment its subject was on at onset."""

    subject: str
    treatment: str
    period: str
    onset: int
    infusional: bool
    fields: Fields

    @property
    def label(self) -> str:
        """The label's grouping, else the preferred term."""
        return self.fields.get("label_group") or self.fields["preferred_term"]

    @property
    def related(self) -> bool:
        """Possibly or probably, in the investigator's opinion (table 1, footnote c)."""
        return self.fields["relatedness"] in {"possible", "probable"}

    @property
    def thromboembolic(self) -> bool:
        """Adjudicated so."""
        return self.fields.get("adjudications", {}).get("thromboembolic") == "yes"


@dataclass(slots=True)
class Trial:
    """What a stretch of the log says at its end: by type, the last version of everything."""

    latest: dict[str, dict[str, Fields]] = field(
        default_factory=lambda: defaultdict[str, dict[str, Fields]](dict)
    )

    def add(self, record: Fields) -> None:
        """A later version replaces the earlier."""
        entity = f"{record['source']['system']}/{record['source']['id']}"
        self.latest[record["type"]][entity] = record

    def records_of(self, kind: str, subject: str | None = None) -> list[Fields]:
        """The records of one type, of one subject where given."""
        every = self.latest[kind].values()
        return [one for one in every if subject is None or one["subject"] == subject]

    @property
    def arms(self) -> dict[str, str]:
        """The randomised treatment by subject."""
        return {one["subject"]: one["randomised_treatment"] for one in self.records_of("subject")}


def read_log(path: Path) -> list[Fields]:
    """The lines of a log."""
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def trial_of(records: Iterable[Fields]) -> Trial:
    """The trial at the end of *records*."""
    trial = Trial()
    for record in records:
        trial.add(record)
    return trial


def spells(trial: Trial, subject: str) -> list[Spell]:
    """From each start to the window's end, the next start or the exit, whichever is first."""
    treatments = sorted(trial.records_of("treatment", subject), key=lambda one: one["start"])
    starts = [day_number(one["start"]) for one in treatments]
    found: list[Spell] = []
    for one, start, following in zip(treatments, starts, [*starts[1:], None], strict=True):
        ends = [day_number(one["end"]) + WINDOW_DAYS] if "end" in one else []
        ends += [following] if following is not None else []
        ends += [
            day_number(exit_["date"]) + 1
            for exit_ in trial.records_of("disposition", subject)
            if exit_.get("period") in {None, one["period"]}
        ]
        end = min(ends, default=date.max.toordinal())
        found.append(Spell(treatment=one["treatment"], period=one["period"], start=start, end=end))
    return found


def events(trial: Trial) -> list[Event]:
    """Every case under the spell that holds its onset; a case outside every spell is left out."""
    at_risk = {subject: spells(trial, subject) for subject in trial.arms}
    doses: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for dose in trial.records_of("dose"):
        doses[dose["subject"]].append(
            (day_number(dose["first_date"]), day_number(dose["last_date"]))
        )
    found: list[Event] = []
    for fields in trial.records_of("adverse_event"):
        who, onset = fields["subject"], day_number(fields["onset"])
        near = any(first <= onset <= last + INFUSIONAL_DAYS for first, last in doses[who])
        found += [
            Event(
                subject=who,
                treatment=spell.treatment,
                period=spell.period,
                onset=onset,
                infusional=near,
                fields=fields,
            )
            for spell in at_risk[who]
            if spell.start <= onset < spell.end
        ]
    return found


def cycles(trial: Trial, treatment: str) -> int:
    """Dose records whose first day falls into an interval of *treatment*."""
    count = 0
    for dose in trial.records_of("dose"):
        day_ = day_number(dose["first_date"])
        current = [s for s in spells(trial, dose["subject"]) if s.start <= day_ < s.end]
        count += [spell.treatment for spell in current] == [treatment]
    return count


def columns(found: list[Event], condition: EventCondition) -> list[list[int]]:
    """Table 1's three columns of patients and events that hold."""
    first = [one for one in found if one.period == "first"]
    cuts = (
        [one for one in first if one.treatment == "ivig"],
        [one for one in first if one.treatment == "placebo"],
        [one for one in found if one.treatment == "ivig"],
    )
    return [[patients(cut, condition), sum(map(condition, cut))] for cut in cuts]


def patients(found: Iterable[Event], condition: EventCondition) -> int:
    """Distinct subjects with an event that holds."""
    return len({one.subject for one in found if condition(one)})


def reference_evidence(trial: Trial, as_of: int, per_100_years: float) -> float:
    """E of thromboembolic events on IVIG against a rate: 33 harm points, equal weights."""
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
    points = [1.25 * 16 ** (step / 32) for step in range(33)]
    return sum(exp(len(first) * log(rr) - (rr - 1) * expected) for rr in points) / 33


def day_number(text: str) -> int:
    """A full date, or the date of an instant, as a day number."""
    return date.fromisoformat(text[:10]).toordinal()
