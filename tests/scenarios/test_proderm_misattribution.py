"""How large the error would be if the open extension were counted for the randomised arm."""

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
def right() -> Result:
    """The log as it is: in the extension everybody is on IVIG."""
    return replay_json(PRODERM_FOLDER / "log.jsonl")


@pytest.fixture(scope="session")
def wrong(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """The same log, with those randomised to placebo still on placebo in the extension."""
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
    """Events of one treatment over all periods, its thromboembolic patients and person-days."""
    table = cells(result)
    told = {name: table[(*term, arm)]["events"] for name, term in TERMS.items()}
    patients = table["group", "thromboembolic", arm]["subjects"]
    return {**told, "patients": patients, "person_days": table["any", "any", arm]["person_days"]}


def test_the_error_made_by_attributing_the_extension_to_the_randomised_arm(
    right: Result, wrong: Result
):
    """Placebo would be charged with 3 thromboembolic events (in 2 patients) that IVIG had.

    With them go 3 serious, 104 related and 187 events in all, and 6,629 person-days: 18.1 of
    the 50.7 patient-years on IVIG.  Placebo, on which nobody had a clot in 14.1 years, would
    show 3 in 32.3, and IVIG 5 in 32.5 instead of 8 in 50.7.
    """
    moved = {
        name: figures_of(wrong, "placebo")[name] - figures_of(right, "placebo")[name]
        for name in TERMS
    }
    days = {arm: figures_of(right, arm)["person_days"] for arm in ("ivig", "placebo")}
    wrong_days = {arm: figures_of(wrong, arm)["person_days"] for arm in ("ivig", "placebo")}

    assert moved == {"events": 187, "thromboembolic": 3, "serious": 3, "related": 104}
    assert figures_of(right, "placebo")["patients"] == 0
    assert figures_of(wrong, "placebo")["patients"] == 2
    assert [figures_of(each, "ivig")["thromboembolic"] for each in (right, wrong)] == [8, 5]
    assert wrong_days["placebo"] - days["placebo"] == days["ivig"] - wrong_days["ivig"] == 6629
    assert [round(6629 / 365.25, 1), round(days["ivig"] / 365.25, 1)] == [18.1, 50.7]
    assert [round(each["placebo"] / 365.25, 1) for each in (days, wrong_days)] == [14.1, 32.3]
    assert round(wrong_days["ivig"] / 365.25, 1) == 32.5


def test_the_size_of_the_error_is_that_of_a_plain_count(right: Result, wrong: Result):
    """The same events, counted from the raw lines: in the extension, randomised to placebo."""
    theirs = [
        one
        for one in emergent_events()
        if one.period == "extension" and trial().arms[one.subject] == "placebo"
    ]
    counted = {
        "events": len(theirs),
        "thromboembolic": sum(one.thromboembolic for one in theirs),
        "serious": sum(one.fields["serious"] for one in theirs),
        "related": sum(one.related for one in theirs),
    }

    assert {one.treatment for one in theirs} == {"ivig"}
    assert counted == {
        name: figures_of(right, "ivig")[name] - figures_of(wrong, "ivig")[name] for name in TERMS
    }


def test_the_error_would_silence_a_watch_and_hide_an_imbalance(right: Result, wrong: Result):
    """E against the general population falls from 1,336 to 121; against polymyositis below 5.

    The crude rates of thromboembolic events would be 15 and 9 per 100 patient-years, a ratio of
    1.7, where there are 16 on IVIG and none at all on placebo.
    """
    e_values = {
        name: [
            next(each["e_value"] for each in result["watches"] if each["id"] == name)
            for result in (right, wrong)
        ]
        for name in ("tee-general-population", "tee-polymyositis")
    }
    rates = {
        (result["digest"], arm): 36525
        * figures_of(result, arm)["thromboembolic"]
        / figures_of(result, arm)["person_days"]
        for result in (right, wrong)
        for arm in ("ivig", "placebo")
    }
    ivig, placebo = (rates[wrong["digest"], arm] for arm in ("ivig", "placebo"))

    assert [round(e) for e in e_values["tee-general-population"]] == [1336, 121]
    assert [round(e, 1) for e in e_values["tee-polymyositis"]] == [11.3, 4.9]
    assert [round(rates[right["digest"], arm]) for arm in ("ivig", "placebo")] == [16, 0]
    assert [round(ivig), round(placebo), round(ivig / placebo, 1)] == [15, 9, 1.7]
