"""Draws the log of many trials in arrival order, together with the true counts of its tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.truth import GROUP_TERMS, Case, Subject, Truth, truth_of, write_truth
from streams.records.encode import encode_record

FloatArray = NDArray[np.float64]
ARMS = ("placebo", "drug")
PERIOD = "main"
FIRST_DAY = date(2022, 1, 3).toordinal()
TRIAL_DAYS, ENTRY_DAYS, OPENING_DAYS = 720, 540, 180
"""Length of a trial, of its recruitment, and of the time in which the trials open, in days."""

EVENTS_A_YEAR = 8.0
DISPERSION = 4.0
"""Shape of the gamma frailty: counts have the variance ``mean + mean**2 / DISPERSION``."""

AMENDED_SHARE, SERIOUS_SHARE, UPGRADED_SHARE = 0.33, 0.08, 0.05
RANKS = range(1, 201)
THROMBOEMBOLIC: dict[int, str] = dict(zip((40, 80, 120, 160), GROUP_TERMS, strict=True))
"""Rare terms of the named group by their rank in the Zipf order; all are of one class."""

TERMS = tuple(THROMBOEMBOLIC.get(rank, f"Preferred term {rank:03}") for rank in RANKS)
CLASSES = tuple(f"System organ class {rank % 20 + 1:02}" for rank in RANKS)
TERM_PROBABILITIES = (1 / np.array(RANKS)) / (1 / np.array(RANKS)).sum()
IN_FIRST_CLASS = np.array([rank % 20 == 0 for rank in RANKS])
SEVERITIES = ("mild", "moderate", "severe")
RELATEDNESS = ("not_related", "unlikely", "possible", "probable")


class Effect(StrEnum):
    """The effect of the drug; alerts, and exact evidence, are frequent only where it harms."""

    NONE = "no effect"
    MIXED = "in every tenth trial three times as many events of one class"
    ONE_CLASS = "three times as many events of one class"
    EVERYTHING = "twice as many events of every kind"

    def rate_multipliers(self, trial: int) -> FloatArray:
        """Return the factor on the rate of each term, in the drug arm of trial number *trial*."""
        if self is Effect.EVERYTHING:
            return np.full(len(TERMS), 2.0)
        if self is Effect.ONE_CLASS or (self is Effect.MIXED and trial % 10 == 0):
            return np.where(IN_FIRST_CLASS, 3.0, 1.0)
        return np.ones(len(TERMS))


class TimedRecord(NamedTuple):
    """A line of the log and the second at which it became known."""

    known_at: int
    line: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """The size and the seed of a log, which determine it byte for byte."""

    trials: int
    reports: int
    effect: Effect = Effect.MIXED
    reference: bool = True
    seed: int = 20260101


def write_log(workload: Workload, log: Path) -> Path:
    """Write the log of *workload* to *log* and its truth beside it; return *log*."""
    records: list[TimedRecord] = []
    truths: dict[str, Truth] = {}
    per_trial, remainder = divmod(workload.reports, workload.trials)
    for number in range(workload.trials):
        trial = Trial(workload, number)
        records += trial.draw_records(per_trial + (number < remainder))
        truths[trial.study] = truth_of(trial.subjects, trial.as_of)
    records.sort(key=lambda entry: entry.known_at)  # Stable: of one second, the plan stays first.
    log.write_bytes(b"".join(entry.line + b"\n" for entry in records))
    write_truth(log, truths)
    return log


class Trial:
    """One trial while its records are drawn; *subjects* and *as_of* give its truth."""

    def __init__(self, workload: Workload, number: int) -> None:
        self.study = f"TRIAL-{number:03}"
        self.rng = np.random.default_rng((workload.seed, number))
        self.has_reference = workload.reference
        self.opening_day = FIRST_DAY + int(self.rng.integers(OPENING_DAYS))
        self.rates = {
            "placebo": TERM_PROBABILITIES,
            "drug": TERM_PROBABILITIES * workload.effect.rate_multipliers(number),
        }
        self.subjects: list[Subject] = []
        self.as_of = 0

    def draw_records(self, reports: int) -> list[TimedRecord]:
        """Return the plan and the first *reports* - 1 records of subjects drawn in sequence."""
        records = [self._timed_record(self.opening_day, 0, "plan", "plan", 1, **plan_fields(self))]
        while len(records) < reports:
            records += self._draw_subject(reports - len(records))
        return records

    def _draw_subject(self, records_max: int) -> list[TimedRecord]:
        """Return at most *records_max* records of one subject; the truth omits the others."""
        rng, number = self.rng, len(self.subjects)
        name, treatment = f"S-{number:05}", ARMS[number % 2]
        start = self.opening_day + 1 + int(rng.integers(ENTRY_DAYS))
        subject = Subject(name, treatment, start)
        self.subjects.append(subject)
        records = [self._subject_record(subject, start)]
        if records_max > 1:
            records.append(self._treatment_record(subject, start))
            subject.treated = True
        records += islice(self._draw_cases(subject), max(0, records_max - 2))
        return records

    def _subject_record(self, subject: Subject, day: int) -> TimedRecord:
        fields = {"randomised_treatment": subject.treatment, "date": iso(day), "site": "US-07"}
        return self._timed_record(
            day, 28800, "subject", subject.name, 1, subject=subject.name, **fields
        )

    def _treatment_record(self, subject: Subject, day: int) -> TimedRecord:
        fields = {"treatment": subject.treatment, "period": PERIOD, "start": iso(day)}
        source_id = f"{subject.name}-T1"
        return self._timed_record(
            day, 36000, "treatment", source_id, 1, subject=subject.name, **fields
        )

    def _draw_cases(self, subject: Subject) -> Iterator[TimedRecord]:
        """Yield the subject's cases; a gamma frailty makes the Poisson counts negative binomial."""
        rng, days = self.rng, self.opening_day + TRIAL_DAYS - subject.start
        rates = self.rates[subject.treatment]
        mean = EVENTS_A_YEAR * float(rates.sum()) * days / 365.25
        count = rng.poisson(mean * rng.gamma(DISPERSION, 1 / DISPERSION))
        terms = rng.choice(len(TERMS), size=count, p=rates / rates.sum()).tolist()
        onsets = (subject.start + np.sort(rng.integers(days, size=count))).tolist()
        probabilities = rng.random((5, count)).T.tolist()
        serious = [chance[0] < SERIOUS_SHARE for chance in probabilities]
        lags = (1 + rng.geometric(np.where(serious, 1 / 5, 1 / 20), size=count)).tolist()
        seconds = rng.integers(21600, 86400, size=count).tolist()
        for number in range(count):
            case = Case(TERMS[terms[number]], CLASSES[terms[number]], serious[number])
            subject.cases.append(case)
            known_day, second = onsets[number] + lags[number], seconds[number]
            source_id = f"{subject.name}-AE{number:03}"
            fields = case_fields(subject, case, onsets[number], probabilities[number])
            yield self._timed_record(known_day, second, "adverse_event", source_id, 1, **fields)
            if probabilities[number][1] < AMENDED_SHARE:
                amended_day = known_day + 7 + int(60 * probabilities[number][2])
                case.versions = 2
                case.serious |= probabilities[number][2] < UPGRADED_SHARE
                fields |= {
                    "end": iso(amended_day - 2),
                    "outcome": "recovered",
                    "serious": case.serious,
                }
                yield self._timed_record(
                    amended_day, second, "adverse_event", source_id, 2, **fields
                )

    def _timed_record(
        self, day: int, second: int, record_type: str, source_id: str, version: int, **fields: Any
    ) -> TimedRecord:
        if record_type != "plan":
            self.as_of = max(self.as_of, day)
        hours, remainder = divmod(second, 3600)
        record = {
            "schema": "trial.log/1",
            "type": record_type,
            "study": self.study,
            "source": {"system": "edc", "id": source_id, "version": version},
            "known_at": f"{iso(day)}T{hours:02}:{remainder // 60:02}:{remainder % 60:02}Z",
            **fields,
        }
        return TimedRecord(day * 86400 + second, encode_record(record))


def case_fields(
    subject: Subject, case: Case, onset: int, probabilities: list[float]
) -> dict[str, Any]:
    """Return the fields of the first report of *case*, without its envelope."""
    return {
        "subject": subject.name,
        "preferred_term": case.term,
        "system_organ_class": case.system_organ_class,
        "verbatim": f"{case.term.lower()}, as the site wrote it",
        "onset": iso(onset),
        "serious": case.serious,
        "severity": SEVERITIES[int(3 * probabilities[3])],
        "relatedness": RELATEDNESS[int(4 * probabilities[4])],
        "outcome": "not_recovered",
    }


def plan_fields(trial: Trial) -> dict[str, str]:
    """Return the text and the hash of the trial's plan."""
    terms = ", ".join(f'"{term}"' for term in THROMBOEMBOLIC.values())
    toml = PLAN.format(study=trial.study, terms=terms)
    if trial.has_reference:
        share = sum(TERM_PROBABILITIES[rank - 1] for rank in THROMBOEMBOLIC)
        toml += REFERENCE.format(rate=round(100 * EVENTS_A_YEAR * share, 2))
    return {"toml": toml, "sha256": sha256(toml.encode()).hexdigest()}


_ISO_CACHE: dict[int, str] = {}


def iso(day: int) -> str:
    """Return the date ordinal *day* as text; a cache serves the few, often repeated days."""
    text = _ISO_CACHE.get(day)
    if text is None:
        text = _ISO_CACHE[day] = date.fromordinal(day).isoformat()
    return text


PLAN = """\
study = "{study}"
alpha = 0.05
q = 0.1
[treatments]
control = "placebo"
active = ["drug"]
[[periods]]
id = "main"
[limits]
as_of_jump_days = 720
[screening]
analysis = "as_treated"
[groups.serious]
serious = true
[groups.thromboembolic]
preferred_terms = [{terms}]
[[watches]]
id = "serious"
kind = "concurrent"
group = "serious"
analysis = "as_randomised"
share = 0.4
[[watches]]
id = "thromboembolic"
kind = "concurrent"
group = "thromboembolic"
analysis = "as_randomised"
share = 0.3
"""

REFERENCE = """\
[[watches]]
id = "thromboembolic-background"
kind = "reference"
group = "thromboembolic"
treatment = "drug"
rate_per_100_patient_years = {rate}
source = "The rate at which the log was drawn"
share = 0.3
"""
