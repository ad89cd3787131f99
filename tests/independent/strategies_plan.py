"""Draws the plan of a small trial: treatments, periods, rules, groups of every kind, watches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.independent.builders import plan_text, quoted, screening_section, toml_table

TERMS = {
    "DVT": "VASC",
    "PE": "VASC",
    "HEADACHE": "NERV",
    "NAUSEA": "GASTRO",
    "RASH": "SKIN",
}

GROUPS = "\n".join(
    (
        toml_table("groups.clots", preferred_terms=["DVT", "PE"]),
        toml_table("groups.adjudicated", adjudication="adjudicated"),
        toml_table("groups.serious", serious=True),
        toml_table("groups.serious_related", serious=True, related=True),
        toml_table("groups.labelled", label_groups=["PAIN", "RASH"]),
        toml_table("groups.severe", severity_at_least="severe"),
        toml_table("groups.graded_clots", preferred_terms=["DVT", "PE"], severity_at_least=2),
        toml_table("groups.withdrawn", action_taken=["drug_withdrawn", "dose_reduced"]),
        toml_table("groups.fatal", outcome=["fatal"]),
        toml_table("groups.infusional", within_days_after_dose=3),
        toml_table("groups.related_clots", preferred_terms=["DVT", "PE"], related=True),
        toml_table(
            "groups.algorithmic",
            any_of=["PE"],
            both=[["HEADACHE", "DVT"], ["NAUSEA", "DVT"]],
            within_days=10,
        ),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialDesign:
    """What the records of a drawn trial need of its plan."""

    arms: tuple[str, ...]
    periods: tuple[str, ...]
    text: str


@st.composite
def designs(draw: st.DrawFn, *, jump: int, window: int | str | None = None) -> TrialDesign:
    """Draw a plan of two or three treatments and one or two periods, with every kind of watch."""
    third = draw(st.booleans())
    second = draw(st.booleans())
    analysis = draw(st.sampled_from(("as_treated", "as_randomised")))
    more = {
        "jump": str(jump),
        "active": '"act", "new"' if third else quoted("act"),
        "screening": screening_section(analysis, draw(st.sampled_from(("study", "calendar")))),
        "groups": GROUPS,
        "watches": watches(third=third),
    }
    if not second:
        more["periods"] = ""
    if draw(st.booleans()):
        more["extra"] = toml_table("benefit_risk", instruments=["TIS"], responder=[20, 40])
    text = plan_text(
        window=draw(st.sampled_from((0, 5, 28, "unbounded"))) if window is None else window,
        partial=draw(st.sampled_from(("first_day", "last_day", "treatment_start"))),
        **more,
    )
    return TrialDesign(
        arms=("ctl", "act", "new") if third else ("ctl", "act"),
        periods=("first", "later") if second else ("first",),
        text=text,
    )


def watches(*, third: bool) -> str:
    """Return concurrent and reference watches on groups and terms, of tiers 1 and 3."""
    return "\n".join(
        (
            concurrent_watch(
                "clots-randomised", "as_randomised", "study", group="clots", share=0.3
            ),
            concurrent_watch("clots-treated", "as_treated", "study", group="clots"),
            concurrent_watch(
                "headache", "as_treated", "calendar", preferred_term="HEADACHE", share=0.1
            ),
            concurrent_watch("pairs", "as_treated", "study", group="algorithmic"),
            concurrent_watch("skin", "as_randomised", "calendar", system_organ_class="SKIN"),
            concurrent_watch(
                "infusional",
                "as_treated",
                "study",
                group="infusional",
                treatment="new" if third else "act",
                control="act" if third else "ctl",
            ),
            *early_watches(),
            *(pooled_watches() if third else ()),
            reference_watch("serious-known", group="serious", rate_per_100_patient_years=12.5),
            reference_watch(
                "nausea-history",
                preferred_term="NAUSEA",
                period="first",
                historical_events=20,
                historical_patient_years=40,
            ),
            reference_watch(
                "vascular-known", system_organ_class="VASC", rate_per_100_patient_years=80
            ),
        )
    )


def early_watches() -> Iterator[str]:
    """Yield watches that end risk after some study days."""
    yield concurrent_watch("early", "as_treated", "study", group="severe", within_study_days=20)
    yield concurrent_watch(
        "early-headache",
        "as_randomised",
        "calendar",
        preferred_term="HEADACHE",
        within_study_days=25,
    )
    yield concurrent_watch("anything", "as_treated", "study", any=True, within_study_days=40)
    yield reference_watch(
        "early-vascular",
        system_organ_class="VASC",
        rate_per_100_patient_years=90,
        within_study_days=15,
    )


def pooled_watches() -> Iterator[str]:
    """Yield watches that pool two of three treatments, on either side."""
    both = ["act", "new"]
    yield concurrent_watch("pool-treated", "as_treated", "study", group="clots", treatment=both)
    yield concurrent_watch(
        "pool-control",
        "as_randomised",
        "study",
        preferred_term="HEADACHE",
        treatment="new",
        control=["ctl", "act"],
    )
    yield concurrent_watch(
        "pool-early",
        "as_treated",
        "calendar",
        group="serious",
        treatment=both,
        within_study_days=25,
    )
    yield reference_watch(
        "pool-known", group="clots", rate_per_100_patient_years=30, treatment=both
    )


def concurrent_watch(name: str, analysis: str, time: str, **more: Any) -> str:
    """Return a concurrent watch in the first period, of tier 1 if *more* has a share, else 3."""
    fields: dict[str, Any] = {"treatment": "act", **more}
    tier = 1 if "share" in more else 3
    scale = {"period": "first", "analysis": analysis, "time": time, "tier": tier}
    return toml_table("[watches]", id=name, kind="concurrent", **fields, **scale)


def reference_watch(name: str, **more: Any) -> str:
    """Return a tier 1 watch against a reference rate, of "act" if *more* has no treatment."""
    fixed = {"source": "A register", "tier": 1, "share": 0.1}
    fields: dict[str, Any] = {"treatment": "act", **more, **fixed}
    return toml_table("[watches]", id=name, kind="reference", **fields)
