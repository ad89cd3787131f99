"""Tests the size of the error of counting the open extension for the randomised arm."""

from __future__ import annotations

import json

import pytest

from tests.scenarios.proderm_committed import PRODERM_FOLDER, emergent_events, records, trial
from tests.scenarios.replay_result import Result, cells, replay_json

TERMS = {
    "events": ("any", "any"),
    "thromboembolic": ("group", "thromboembolic"),
    "serious": ("group", "serious"),
    "related": ("group", "related"),
}


@pytest.fixture(scope="session")
def correct() -> Result:
    """Return the result of the committed log: in the extension, all subjects are on IVIG."""
    return replay_json(PRODERM_FOLDER / "log.jsonl")


@pytest.fixture(scope="session")
def misattributed(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """Return the result where subjects randomised to placebo stay on placebo in the extension."""
    path = tmp_path_factory.mktemp("proderm") / "wrong.jsonl"
    arms = trial().arms
    lines: list[str] = []
    for record in records():
        extension = record["type"] == "treatment" and record["period"] == "extension"
        arm = arms[record["subject"]] if extension else None
        lines.append(json.dumps({**record, "treatment": arm} if arm else record))
    path.write_text("\n".join(lines))
    return replay_json(path)


def figures_of(result: Result, arm: str) -> dict[str, int]:
    """Return events, thromboembolic patients and person-days of one treatment, over all periods."""
    table = cells(result)
    event_counts = {name: table[(*term, arm)]["events"] for name, term in TERMS.items()}
    patients = table["group", "thromboembolic", arm]["subjects"]
    return {
        **event_counts,
        "patients": patients,
        "person_days": table["any", "any", arm]["person_days"],
    }


def test_misattribution_moves_extension_events_to_placebo(correct: Result, misattributed: Result):
    """Placebo would have 3 thromboembolic events (in 2 patients) that occurred on IVIG.

    It would also have 3 serious and 104 related of 187 moved events, and 6,629 person-days: 18.1
    of the 50.7 patient-years on IVIG.  Placebo has no thromboembolic event in 14.1 patient-years
    and would have 3 in 32.3; IVIG has 8 in 50.7 and would have 5 in 32.5.
    """
    moved = {
        name: figures_of(misattributed, "placebo")[name] - figures_of(correct, "placebo")[name]
        for name in TERMS
    }
    days = {arm: figures_of(correct, arm)["person_days"] for arm in ("ivig", "placebo")}
    misattributed_days = {
        arm: figures_of(misattributed, arm)["person_days"] for arm in ("ivig", "placebo")
    }

    assert moved == {"events": 187, "thromboembolic": 3, "serious": 3, "related": 104}
    assert figures_of(correct, "placebo")["patients"] == 0
    assert figures_of(misattributed, "placebo")["patients"] == 2
    assert [figures_of(each, "ivig")["thromboembolic"] for each in (correct, misattributed)] == [
        8,
        5,
    ]
    assert (
        misattributed_days["placebo"] - days["placebo"]
        == days["ivig"] - misattributed_days["ivig"]
        == 6629
    )
    assert [round(6629 / 365.25, 1), round(days["ivig"] / 365.25, 1)] == [18.1, 50.7]
    assert [round(each["placebo"] / 365.25, 1) for each in (days, misattributed_days)] == [
        14.1,
        32.3,
    ]
    assert round(misattributed_days["ivig"] / 365.25, 1) == 32.5


def test_the_error_equals_a_plain_count(correct: Result, misattributed: Result):
    """The moved events are those in the extension of subjects randomised to placebo."""
    extension_events = [
        one
        for one in emergent_events()
        if one.period == "extension" and trial().arms[one.subject] == "placebo"
    ]
    counted = {
        "events": len(extension_events),
        "thromboembolic": sum(one.thromboembolic for one in extension_events),
        "serious": sum(one.fields["serious"] for one in extension_events),
        "related": sum(one.related for one in extension_events),
    }

    assert {one.treatment for one in extension_events} == {"ivig"}
    assert counted == {
        name: figures_of(correct, "ivig")[name] - figures_of(misattributed, "ivig")[name]
        for name in TERMS
    }


def test_misattribution_suppresses_an_alert_and_hides_an_imbalance(
    correct: Result, misattributed: Result
):
    """E against the general population falls from 1,336 to 121; against polymyositis, below 5.

    The crude rates of thromboembolic events would be 15 on IVIG and 9 on placebo per 100
    patient-years, a ratio of 1.7; they are 16 and 0.
    """
    e_values = {
        name: [
            next(each["e_value"] for each in result["watches"] if each["id"] == name)
            for result in (correct, misattributed)
        ]
        for name in ("tee-general-population", "tee-polymyositis")
    }
    rates = {
        (result["digest"], arm): 36525
        * figures_of(result, arm)["thromboembolic"]
        / figures_of(result, arm)["person_days"]
        for result in (correct, misattributed)
        for arm in ("ivig", "placebo")
    }
    ivig, placebo = (rates[misattributed["digest"], arm] for arm in ("ivig", "placebo"))

    assert [round(e) for e in e_values["tee-general-population"]] == [1336, 121]
    assert [round(e, 1) for e in e_values["tee-polymyositis"]] == [11.3, 4.9]
    assert [round(rates[correct["digest"], arm]) for arm in ("ivig", "placebo")] == [16, 0]
    assert [round(ivig), round(placebo), round(ivig / placebo, 1)] == [15, 9, 1.7]
