"""Draws the fields of single records, first versions and revisions alike."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.independent.builders import iso_date
from tests.independent.strategies_plan import TERMS, TrialDesign

Fields = dict[str, Any]

CRITERIA = ("death", "life_threatening", "hospitalisation", "medically_important")
RESPELLINGS = (str.lower, str.title, "  {}\t".format, "\u200b{}".format)
"""Ways to spell a term of the plan otherwise."""

SEVERITIES = ("mild", "moderate", "severe", "life_threatening", "fatal")
EXEMPT_TERMS = (
    {"kind": "any"},
    {"kind": "any"},
    {"kind": "preferred_term", "term": "HEADACHE"},
    {"kind": "preferred_term", "term": "nausea "},
    {"kind": "system_organ_class", "term": "VASC"},
    {"kind": "group", "term": "clots"},
    {"kind": "group", "term": "serious"},
)
RELATEDNESS = ("not_related", "unlikely", "possible", "probable", "definite")
STATUS = ("completed", "withdrew", "lost", "died", "adverse_event", "other")


def draw_chance(draw: st.DrawFn, percent: int) -> bool:
    """Draw true in about *percent* of 100 draws; shrinks to false."""
    return draw(st.integers(0, 99)) >= 100 - percent


def set_by_chance(draw: st.DrawFn, fields: Fields, name: str, percent: int, values: Any) -> None:
    """Set the field *name* to one of *values* in *percent* of the draws."""
    if draw_chance(draw, percent):
        fields[name] = draw(st.sampled_from(values))


def event_fields(draw: st.DrawFn, design: TrialDesign, who: str, around: int) -> Fields:
    """Draw an adverse event of *who*, mostly with an onset near or after day *around*."""
    term = draw(st.sampled_from(tuple(TERMS)))
    fields: Fields = {"subject": who, "preferred_term": term, "system_organ_class": TERMS[term]}
    set_by_chance(draw, fields, "system_organ_class", 10, tuple(TERMS.values()))
    for name in ("preferred_term", "system_organ_class"):
        if draw_chance(draw, 20):
            fields[name] = draw(st.sampled_from(RESPELLINGS))(fields[name])
    fields["onset"] = draw_onset(draw, around)
    set_by_chance(draw, fields, "serious", 30, (True, True, False, None))
    if draw_chance(draw, 15):
        fields["criteria"] = [draw(st.sampled_from(CRITERIA))]
    set_by_chance(draw, fields, "relatedness", 50, RELATEDNESS)
    set_by_chance(draw, fields, "outcome", 20, ("fatal", "recovered", "unknown"))
    set_by_chance(draw, fields, "severity", 40, SEVERITIES)
    set_by_chance(
        draw, fields, "action_taken", 20, ("drug_withdrawn", "dose_reduced", "not_applicable")
    )
    set_by_chance(draw, fields, "label_group", 15, ("PAIN", "RASH", "OTHER", "pain "))
    if draw_chance(draw, 40):
        fields["adjudications"] = {"adjudicated": draw(st.sampled_from(("yes", "no", "pending")))}
    return fields


def draw_onset(draw: st.DrawFn, around: int) -> str | None:
    """Draw mostly a full date, sometimes a month or a year, sometimes no date."""
    day = iso_date(max(0, around + draw(st.integers(-8, 70))))
    form = draw(st.sampled_from("ddddddddmmyn"))
    return {"d": day, "m": day[:7], "y": day[:4], "n": None}[form]


def interval_fields(draw: st.DrawFn, design: TrialDesign, who: str, start: int) -> Fields:
    """Draw a treatment interval of *who* near day *start*: closed, empty or open."""
    days = draw(st.sampled_from((28, 14, 40, 7, 1, 0, None)))
    start = max(0, start + draw(st.sampled_from((0, 0, 0, 2, 9, -3))))
    return {
        "subject": who,
        "treatment": draw(st.sampled_from(design.arms)),
        "period": draw(st.sampled_from(design.periods)),
        "start": iso_date(start),
        "end": None if days is None else iso_date(start + days),
    }


def dose_fields(draw: st.DrawFn, design: TrialDesign, who: str, around: int) -> Fields:
    """Draw one administration, of one day or of several."""
    first = around + draw(st.integers(0, 40))
    last = first + draw(st.sampled_from((0, 0, 1, 4)))
    return {"subject": who, "first_date": iso_date(first), "last_date": iso_date(last)}


def disposition_fields(draw: st.DrawFn, design: TrialDesign, who: str, around: int) -> Fields:
    """Draw the end of follow-up, of one period or of the study."""
    fields: Fields = {"subject": who, "status": draw(st.sampled_from(STATUS))}
    fields["date"] = iso_date(max(0, around + draw(st.integers(-2, 70))))
    set_by_chance(draw, fields, "period", 40, design.periods)
    return fields


def exemption_fields(draw: st.DrawFn, design: TrialDesign, who: str, around: int) -> Fields:
    """Draw days on which *who* is not at risk of a term or of any, some without an end."""
    start = max(0, around + draw(st.integers(-5, 40)))
    fields: Fields = {"subject": who, **draw(st.sampled_from(EXEMPT_TERMS))}
    fields["from"] = iso_date(start)
    days = draw(st.sampled_from((0, 3, 10, 30, None)))
    fields["to"] = None if days is None else iso_date(start + days)
    return fields


def subject_fields(draw: st.DrawFn, design: TrialDesign, who: str, around: int) -> Fields:
    """Draw a screened subject, allocated in most draws."""
    fields: Fields = {"subject": who, "date": iso_date(around)}
    set_by_chance(draw, fields, "randomised_treatment", 85, design.arms)
    set_by_chance(draw, fields, "stratum", 30, ("low", "high"))
    return fields


FIELD_STRATEGIES = {
    "adverse_event": event_fields,
    "treatment": interval_fields,
    "dose": dose_fields,
    "disposition": disposition_fields,
    "not_at_risk": exemption_fields,
    "subject": subject_fields,
}
