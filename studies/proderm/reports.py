"""What is reported when: a case becomes one version or several, each known some days later."""

from __future__ import annotations

from datetime import date
from random import Random
from typing import NamedTuple

from studies.proderm.cases import Dated
from studies.proderm.terms import TERMS

Fields = dict[str, object]


class Report(NamedTuple):
    """One version of a case: the *fields* of its record, known on ordinal *known*."""

    known: int
    fields: Fields


def reports(subject: str, entry: int, dated: Dated, follow_up: bool, rng: Random) -> list[Report]:
    """The versions of one case in order; the last one is the truth."""
    onset = entry + dated.onset
    final = _final(subject, onset, dated)
    if dated.case.adjudication:
        return _adjudicated(onset, dated, final, rng)
    if dated.case.criteria:
        known = onset + rng.randint(1, 4)
        closed = max(onset + dated.days, known) + rng.randint(2, 15)
        return [Report(known, _open(final)), Report(closed, final)]
    # A lognormal lag of median 14 days: entered at or after the next visit.
    lag = min(max(1, round(rng.lognormvariate(2.64, 0.7))), 90)
    if not follow_up:
        return [Report(max(onset + lag, onset + dated.days), final)]
    return _amended(onset + lag, onset + dated.days, final, rng)


def _final(subject: str, onset: int, dated: Dated) -> Fields:
    """The last version's fields; an event that did not end has no end."""
    case, term = dated.case, TERMS[dated.case.term]
    fields: Fields = {
        "subject": subject,
        "preferred_term": case.term,
        "system_organ_class": term.system_organ_class,
        "verbatim": case.verbatim,
        "label_group": term.label_group,
        "onset": date.fromordinal(onset).isoformat(),
        "end": date.fromordinal(onset + dated.days - 1).isoformat(),
        "serious": bool(case.criteria),
        "criteria": list(case.criteria) or None,
        "severity": case.severity,
        "relatedness": case.related,
        "outcome": case.outcome,
        "action_taken": case.action,
    }
    if case.outcome == "not_recovered":
        fields["end"] = None
    if case.adjudication:
        fields["adjudications"] = {"thromboembolic": case.adjudication}
    return fields


def _open(final: Fields) -> Fields:
    """The case while it goes on."""
    return {**final, "end": None, "outcome": "not_recovered"}


def _adjudicated(onset: int, dated: Dated, final: Fields, rng: Random) -> list[Report]:
    """Serious within days and pending; the committee answers weeks later; then it ends."""
    pending = {**_open(final), "adjudications": {"thromboembolic": "pending"}}
    known = onset + rng.randint(1, 4)
    answered = known + rng.randint(14, 45)
    ended = onset + dated.days + rng.randint(2, 10)
    if ended <= answered:
        return [Report(known, pending), Report(answered, final)]
    answer = {**_open(final), "adjudications": final["adjudications"]}
    return [Report(known, pending), Report(answered, answer), Report(ended, final)]


def _amended(known: int, over: int, final: Fields, rng: Random) -> list[Report]:
    """A follow-up corrects the outcome, the severity or the causality of the first report."""
    second = max(known, over) + rng.randint(7, 42)
    if final["relatedness"] != "not_related" and rng.random() < 0.3:
        first = {**final, "relatedness": "not_related"}
    elif final["severity"] != "mild" and rng.random() < 0.5:
        first = {**final, "severity": "mild"}
    elif final["outcome"] == "recovered":
        if known < over:
            return [Report(known, _open(final)), Report(second, final)]
        first = {**final, "end": None, "outcome": "unknown"}
    else:
        first = {**final, "outcome": "unknown"}
    return [Report(max(known, over), first), Report(second, final)]
