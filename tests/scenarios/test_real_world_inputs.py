"""Small studies that went wrong somewhere: each ends as its README says is right."""

from __future__ import annotations

import tarfile
from pathlib import Path

from tests.paths import shared
from tests.scenarios.commands import run_tocsin
from tests.scenarios.real_world import INPUTS, run
from tests.scenarios.replay_result import replay_json


def test_old_onset_is_a_finding(tmp_path: Path):
    """Nothing is known before its study knew the subject."""
    old = run("old_onset", tmp_path)

    assert min(one["known_at"] for one in old.records) == "2014-01-02T00:00:00Z"
    assert old.events("S03")[0]["onset"] == "2009-05-01"
    assert "began before its study knew the subject" in old.findings
    assert old.result["as_of"] == "2014-07-02"


def test_an_early_screen_failure_is_folded(tmp_path: Path):
    """It comes eight months before the first subject, and ticks lead across the silence."""
    early = run("esf", tmp_path)

    assert [one["date"] for one in early.records if one["type"] == "tick"] == ["2013-10-28"]
    assert early.result["as_of"] == "2014-07-02"


def test_version_8_with_long_texts_is_folded(tmp_path: Path):
    """A verbatim of 1,200 characters is cut, and says so."""
    long = run("v8long", tmp_path)

    assert long.result["as_of"] == "2014-07-02"
    assert len(long.events("S02")[0]["verbatim"]) == 1000
    assert "longer than a record may hold" in long.findings


def test_one_event_in_three_rows_is_one_serious_event(tmp_path: Path):
    """First onset, serious because it ever was, worst severity."""
    event = run("multiline", tmp_path)
    last = event.events("S01")[-1]

    assert event.count("NAUSEA") == event.count("NAUSEA", name="serious_subjects") == 1
    assert (last["onset"], last["severity"]) == ("2014-01-10", "severe")


def test_three_terms_under_one_id_are_three_events(tmp_path: Path):
    """All are kept, and a finding says so."""
    terms = run("aespid", tmp_path)

    assert [terms.count(term) for term in ("HEADACHE", "NAUSEA", "RASH")] == [1, 1, 1]
    assert "rows with one id of an event have different terms" in terms.findings


def test_a_crossover_has_treatments_by_period(tmp_path: Path):
    """Sequences are no treatments; each subject is treated with both."""
    crossover = run("crossover", tmp_path)
    exposure = {
        row["treatment"]: row for row in crossover.result["exposure"] if row["period"] == "all"
    }

    assert {name: row["subjects"] for name, row in exposure.items()} == {"drug": 6, "placebo": 6}
    assert exposure["drug"]["person_days"] + exposure["placebo"]["person_days"] == 6 * 119
    assert (crossover.count("HEADACHE"), crossover.count("HEADACHE", "placebo")) == (1, 1)
    assert "the arm is a sequence of treatments" in crossover.findings


def test_a_death_after_the_last_dose_has_its_own_day(tmp_path: Path):
    """Follow-up does not end before what is known of the subject."""
    death = run("rfendtc", tmp_path)
    (end,) = death.of_type("disposition", "S01")

    assert (end["status"], end["date"]) == ("died", "2014-07-10")
    assert death.count("CARDIAC ARREST") == 1
    assert "rule/deaths" in death.alerts
    assert "lies after the end of follow-up" in death.findings


def test_a_sentinel_is_an_open_end(tmp_path: Path):
    """9999-12-31 is no day of the study."""
    sentinel = run("sentinel", tmp_path)

    assert [one.get("end") for one in sentinel.of_type("treatment", "S01")] == [None]
    assert "9999-12-31" in sentinel.findings and "an end counts as open" in sentinel.findings


def test_an_amount_that_is_text_is_left_out(tmp_path: Path):
    """One line names its rows."""
    text = run("exdosetext", tmp_path)

    assert all("amount" not in one for one in text.of_type("dose", "S01"))
    assert "6 x the amount of a dose is no number" in text.findings


def test_a_missing_sequence_number_is_a_finding(tmp_path: Path):
    """The id comes from subject, term and onset."""
    missing = run("aeseqmiss", tmp_path)

    assert missing.count("HEADACHE") == 1
    assert "neither an id nor a sequence number" in missing.findings


def test_a_basic_date_is_read_whole(tmp_path: Path):
    """20140316 is a day in March, not the year 2014."""
    assert run("basiciso", tmp_path).events("S03")[0]["onset"] == "2014-03-16"


def test_each_value_is_decoded_by_itself(tmp_path: Path):
    """One verbatim that is cut in the middle of a character changes no other text."""
    cut = run("utf8trunc", tmp_path)

    assert cut.events("S01")[0]["preferred_term"] == "SJ\u00d6GREN'S SYNDROME"
    assert "ends in the middle of a character" in cut.findings


def test_an_onset_in_the_month_of_the_first_dose_is_treatment_emergent(tmp_path: Path):
    """The drawn-up plan takes the start of treatment."""
    assert run("te_month_of_first_dose", tmp_path).count("RASH") == 1


def test_grade_5_is_a_death(tmp_path: Path):
    """AETOXGR "GRADE 5" reaches the rule for deaths, and the event is serious."""
    grade = run("tox_grade5", tmp_path)

    assert "rule/deaths" in grade.alerts
    assert grade.events("S01")[0]["severity"] == "fatal"
    assert grade.count("CARDIAC ARREST", name="serious_subjects") == 1


def test_the_command_writes_what_a_replay_folds(tmp_path: Path):
    """The same input gives the same bytes, and the terminal says what the plan watches."""
    with tarfile.open(shared(INPUTS) / "crossover.xpt.tgz") as archive:
        archive.extractall(tmp_path, filter="data")
    logs = [tmp_path / "one.jsonl", tmp_path / "two.jsonl"]
    runs = [
        run_tocsin("ingest", "sdtm", tmp_path / "crossover", "--study", "T", "--to", log)
        for log in logs
    ]

    assert [each.code for each in runs] == [0, 0]
    assert logs[0].read_bytes() == logs[1].read_bytes()
    assert "It watches serious events on drug against placebo" in runs[0].stderr
    assert "It leaves to you" in runs[0].stderr
    assert replay_json(logs[0])["records"]["folded"] == len(logs[0].read_bytes().splitlines())
