"""Draws when cases are reported: each has one version or several, known days after its onset."""

from __future__ import annotations

from datetime import date
from random import Random
from typing import NamedTuple

from studies.proderm.cases import DatedCase
from studies.proderm.terms import TERMS

Fields = dict[str, object]


class CaseVersion(NamedTuple):
    """One version of a case: the *fields* of its record, known on date ordinal *known_day*."""

    known_day: int
    fields: Fields


def case_versions(
    subject: str, entry: int, dated_case: DatedCase, follow_up: bool, rng: Random
) -> list[CaseVersion]:
    """Return the versions of one case in order; the last version has the final values.

    *entry* is the date ordinal of study day 0; *follow_up* gives a non-serious case a second
    version.
    """
    onset = entry + dated_case.onset
    final_fields = _final_fields(subject, onset, dated_case)
    if dated_case.case.adjudication:
        return _adjudicated_versions(onset, dated_case, final_fields, rng)
    if dated_case.case.criteria:
        known_day = onset + rng.randint(1, 4)
        closed_day = max(onset + dated_case.days, known_day) + rng.randint(2, 15)
        return [
            CaseVersion(known_day, _ongoing_fields(final_fields)),
            CaseVersion(closed_day, final_fields),
        ]
    # A lognormal reporting delay of median 14 days, as if entered at or after the next visit.
    lag = min(max(1, round(rng.lognormvariate(2.64, 0.7))), 90)
    if not follow_up:
        return [CaseVersion(max(onset + lag, onset + dated_case.days), final_fields)]
    return _amended_versions(onset + lag, onset + dated_case.days, final_fields, rng)


def _final_fields(subject: str, onset: int, dated_case: DatedCase) -> Fields:
    """Return the fields of the last version; a case that has not recovered has no end date."""
    case, term = dated_case.case, TERMS[dated_case.case.term]
    fields: Fields = {
        "subject": subject,
        "preferred_term": case.term,
        "system_organ_class": term.system_organ_class,
        "verbatim": case.verbatim,
        "label_group": term.label_group,
        "onset": date.fromordinal(onset).isoformat(),
        "end": date.fromordinal(onset + dated_case.days - 1).isoformat(),
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


def _ongoing_fields(final: Fields) -> Fields:
    """Return the fields while the case has no end."""
    return {**final, "end": None, "outcome": "not_recovered"}


def _adjudicated_versions(
    onset: int, dated_case: DatedCase, final: Fields, rng: Random
) -> list[CaseVersion]:
    """Return a serious case reported with pending adjudication, then adjudicated, then ended."""
    pending = {**_ongoing_fields(final), "adjudications": {"thromboembolic": "pending"}}
    known_day = onset + rng.randint(1, 4)
    adjudicated_day = known_day + rng.randint(14, 45)
    ended_day = onset + dated_case.days + rng.randint(2, 10)
    if ended_day <= adjudicated_day:
        return [CaseVersion(known_day, pending), CaseVersion(adjudicated_day, final)]
    adjudicated = {**_ongoing_fields(final), "adjudications": final["adjudications"]}
    return [
        CaseVersion(known_day, pending),
        CaseVersion(adjudicated_day, adjudicated),
        CaseVersion(ended_day, final),
    ]


def _amended_versions(
    known_day: int, end_day: int, final: Fields, rng: Random
) -> list[CaseVersion]:
    """Return a first report and a follow-up that corrects causality, severity or outcome."""
    second_day = max(known_day, end_day) + rng.randint(7, 42)
    if final["relatedness"] != "not_related" and rng.random() < 0.3:
        first = {**final, "relatedness": "not_related"}
    elif final["severity"] != "mild" and rng.random() < 0.5:
        first = {**final, "severity": "mild"}
    elif final["outcome"] == "recovered":
        if known_day < end_day:
            return [CaseVersion(known_day, _ongoing_fields(final)), CaseVersion(second_day, final)]
        first = {**final, "end": None, "outcome": "unknown"}
    else:
        first = {**final, "outcome": "unknown"}
    return [CaseVersion(max(known_day, end_day), first), CaseVersion(second_day, final)]
