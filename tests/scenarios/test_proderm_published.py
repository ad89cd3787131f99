"""Recounts every published number of ProDERM from the raw lines of the committed log."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict

import pytest

from tests.paths import ROOT
from tests.scenarios import proderm_recount as recount
from tests.scenarios.proderm_committed import CONSTRAINTS, emergent_events, ivig_events, trial
from tests.scenarios.proderm_recount import Event, EventCondition

TABLE_4 = list(
    csv.DictReader(
        ROOT.joinpath("tests", "scenarios", "proderm_table_4.csv").read_text().splitlines()
    )
)
"""The nine related serious events of table 4."""

ROW_CONDITIONS: dict[str, EventCondition] = {
    "teae": lambda one: True,
    "infusional": lambda one: one.infusional,
    "serious": lambda one: one.fields["serious"],
    "related": lambda one: one.related,
    "discontinued": lambda one: one.fields["action_taken"] == "drug_withdrawn",
    "tee": lambda one: one.thromboembolic,
    "tee_related": lambda one: one.thromboembolic and one.related,
    "htr": lambda one: "aemoly" in one.fields["preferred_term"],
    "death": lambda one: one.fields["outcome"] == "fatal",
}
DISCONTINUATION_TERMS = Counter(
    """Muscle spasms|Sinus tachycardia|Chills|Pyrexia|Dyspnoea|Back pain|Deep vein thrombosis
    |Pulmonary embolism|Pulmonary embolism|Vertigo|Vision blurred|Cerebrovascular accident
    |Musculoskeletal pain|Paraesthesia|Dizziness|Headache|Nausea|Hypersensitivity
    |Vomiting""".replace("\n    ", "").split("|")
)
"""Preferred terms of the related cases that ended treatment (table 7)."""


@pytest.mark.parametrize("row", [*CONSTRAINTS["t1"]][2:])
def test_table_1_is_met_in_patients_and_events(row: str):
    """First-period IVIG (52), first-period placebo (48) and all IVIG (95) agree."""
    assert recount.columns(emergent_events(), ROW_CONDITIONS[row]) == CONSTRAINTS["t1"][row]


def test_every_event_is_treatment_emergent():
    """All 545 cases on IVIG and 135 on placebo are in exactly one spell each."""
    assert len(emergent_events()) == len(trial().records_of("adverse_event")) == 545 + 135


def test_the_denominators_share_five_switchers():
    """52 and 48 add up to more than 95 since switchers were exposed to both treatments."""
    exposed: dict[tuple[str, str], set[str]] = defaultdict(set)
    for subject in trial().arms:
        for spell in recount.spells(trial(), subject):
            exposed[spell.period, spell.treatment].add(subject)

    switched = exposed["first", "ivig"] & exposed["first", "placebo"]

    assert Counter(trial().arms.values()) == CONSTRAINTS["subjects"]
    assert {key: len(subjects) for key, subjects in exposed.items()} == {
        ("first", "ivig"): 52,
        ("first", "placebo"): 48,
        ("extension", "ivig"): 91,
    }
    assert len(switched) == CONSTRAINTS["flow"]["switch_p_to_i"]
    assert {trial().arms[subject] for subject in switched} == {"placebo"}
    assert len(switched & exposed["extension", "ivig"]) == 3
    assert len(exposed["first", "ivig"] | exposed["extension", "ivig"]) == 95


def test_the_flow_is_met():
    """As many subjects of each randomised arm completed each period as published."""
    completed = Counter(
        (one["period"], trial().arms[one["subject"]])
        for one in trial().records_of("disposition")
        if one["status"] == "completed"
    )

    for period, row in (("first", "enter_ext"), ("extension", "complete")):
        assert {arm: completed[period, arm] for arm in CONSTRAINTS["subjects"]} == CONSTRAINTS[
            "flow"
        ][row]
    left = [
        one["status"] for one in trial().records_of("disposition") if one["status"] != "completed"
    ]
    assert (len(left), left.count("adverse_event")) == (26, 13)


def test_the_published_days_are_met():
    """First and last day of the trial agree, and one deterioration on IVIG is at day 142."""
    entered = {
        one["subject"]: recount.day_number(one["date"]) for one in trial().records_of("subject")
    }
    exits = [
        recount.day_number(one["date"]) - entered[one["subject"]]
        for one in trial().records_of("disposition")
        if one["status"] == "lack_of_efficacy" and trial().arms[one["subject"]] == "ivig"
    ]

    assert min(entered.values()) == recount.day_number("2017-02-27")
    last_day = max(one["date"] for one in trial().records_of("disposition"))
    assert last_day == "2019-11-05"
    assert 142 in exits


def test_ivig_was_infused_in_664_cycles():
    """The number of cycles is the only published figure of exposure."""
    assert recount.cycles(trial(), "ivig") == CONSTRAINTS["ivig_cycles"]


def test_the_nine_related_serious_events_are_as_printed():
    """Term, period, intensity, criteria, causality, duration, outcome and action equal table 4."""
    related = [one for one in ivig_events() if one.fields["serious"] and one.related]
    rows = [
        {
            **{name: one.fields[name] for name in TABLE_4[0] if name in one.fields},
            "period": one.period,
            "criteria": " ".join(one.fields["criteria"]),
            "days": str(recount.day_number(one.fields["end"]) - one.onset + 1),
        }
        for one in related
    ]

    assert sorted(rows, key=by_term) == sorted(TABLE_4, key=by_term)
    assert len({one.subject for one in related}) == CONSTRAINTS["serious_related"]["patients"]


def test_the_published_courses_are_met():
    """Two subjects had later cycles, and thromboembolic events followed doses of 2.0 g/kg only.

    The cerebral infarction began twelve days after the last dose.
    """
    later_cycles: dict[str, int] = {}
    for one in ivig_events():
        doses = [d for d in trial().records_of("dose", one.subject) if d.get("amount")]
        earlier = [d for d in doses if recount.day_number(d["first_date"]) <= one.onset]
        if one.fields["preferred_term"] in {"Loss of consciousness", "Hypoesthesia"}:
            later_cycles[one.fields["preferred_term"]] = len(doses) - len(earlier)
        if one.fields["preferred_term"] == "Cerebral infarction":
            assert one.onset - recount.day_number(doses[-1]["last_date"]) == 12
        assert not one.thromboembolic or earlier[-1]["amount"] == 2.0

    assert later_cycles == {"Loss of consciousness": 5, "Hypoesthesia": 1}


def by_term(row: dict[str, str]) -> list[str]:
    """Return a sort key of all values, since pulmonary embolism occurs twice."""
    return sorted(row.values())


def test_the_related_discontinuations_are_as_printed():
    """Nineteen related events in eight patients ended treatment (table 7)."""
    stopped = [one for one in ivig_events() if one.related and ROW_CONDITIONS["discontinued"](one)]
    patients = {one.subject for one in stopped}

    assert Counter(one.fields["preferred_term"] for one in stopped) == DISCONTINUATION_TERMS
    assert len(patients) == CONSTRAINTS["discontinued_related_patients"]


@pytest.mark.parametrize("row", ["related", "infusional"])
def test_label_rows_are_met_and_no_other_reaches_five_percent(row: str):
    """Patients are counted by label group; a group that is not listed has at most four."""
    counts = by_label(ivig_events(), ROW_CONDITIONS[row])
    printed: dict[str, int] = CONSTRAINTS[f"{row}_patients_95"]

    assert {label: counts.pop(label, 0) for label in printed} == printed
    assert max(counts.values()) <= 4


@pytest.mark.parametrize(("row", "treatment"), [("patients_95", "ivig"), ("placebo_48", "placebo")])
def test_registry_rows_are_met_and_no_other_reaches_five_percent(row: str, treatment: str):
    """Non-serious events of any causality are counted by preferred term."""
    events = [
        one for one in emergent_events() if one.treatment == treatment and not one.fields["serious"]
    ]
    pairs = {(one.subject, one.fields["preferred_term"].lower()) for one in events}
    counts = Counter(term for _, term in pairs)
    printed: dict[str, int] = CONSTRAINTS[f"ctgov_other_{row}"]

    assert {term: counts.pop(term, 0) for term in printed} == printed
    assert max(counts.values()) <= 4


def by_label(events: list[Event], condition: EventCondition) -> Counter[str]:
    """Count patients by label group."""
    return Counter(
        label for _, label in {(e.subject, e.label.lower()) for e in events if condition(e)}
    )


@pytest.mark.parametrize("visit", ["wk16", "wk40"])
def test_responders_are_met(visit: str):
    """Scores of at least 20, 40 and 60 are counted by randomised arm; withdrawals are imputed."""
    scores = [
        one
        for one in trial().records_of("assessment")
        if one["visit"] == visit.replace("wk", "week")
    ]
    arms = {
        arm: [one for one in scores if trial().arms[one["subject"]] == arm]
        for arm in ("ivig", "placebo")
    }

    assert [len(arm_scores) for arm_scores in arms.values()] == CONSTRAINTS[f"tis_{visit}"]["n"]
    for threshold in (20, 40, 60):
        reached = [
            sum(one["value"] >= threshold for one in arm_scores) for arm_scores in arms.values()
        ]
        assert reached == CONSTRAINTS[f"tis_{visit}"][str(threshold)]
    assert sum(one["imputed"] for one in scores) == {"wk16": 3, "wk40": 22}[visit]
