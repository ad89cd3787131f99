"""Tests `tocsin ingest csv` on real listings: the same counts as the SDTM of the same study."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.paths import shared
from tests.scenarios.commands import is_refused, run_tocsin
from tests.scenarios.realdata import ARMS, CDISC, shared_table
from tests.scenarios.replay_result import Cell, Result, cells, replay_json

LISTINGS = ("data", "listings", "pharmaverseraw")

DIFFERENT_EVENTS = {
    # The listing has no AESPID: two cases of one term and onset of one subject are one case.
    ("placebo", "ERYTHEMA"): (0, -1, 0),
    ("xanomeline_high_dose", "OEDEMA PERIPHERAL"): (0, -1, 0),
    # Its form has no place for a month: of 15 such onsets these fall into follow-up.
    ("xanomeline_high_dose", "FATIGUE"): (-1, -1, -1),
    ("xanomeline_high_dose", "HEADACHE"): (0, -1, -2),
    ("xanomeline_high_dose", "VISION BLURRED"): (-1, -1, -2),
    ("xanomeline_high_dose", "HORDEOLUM"): (-1, -1, -1),
}
"""Subjects, cases and rows of a term that the raw listings have more (or less) than SDTM."""

DAYS_MISSING = {"placebo": 1}
"""Person-days that the listings lack: subject 710-1083 died a day before its RFENDTC."""


@pytest.fixture(scope="module", name="log")
def _log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ingest the raw listings of the pilot as the example of their mapping says."""
    folder, log = shared(*LISTINGS), tmp_path_factory.mktemp("csv") / "log.jsonl"
    mapping = folder / "mapping_example.toml"
    run = run_tocsin("ingest", "csv", folder, "--mapping", mapping, "--study", CDISC, "--to", log)
    assert run.code == 0, run.stderr
    return log


@pytest.fixture(scope="module", name="result")
def _result(log: Path) -> Result:
    """Return the result of a replay of the listings."""
    return replay_json(log)


def expected(name: str) -> dict[Cell, dict[str, int]]:
    """Return the counts of an expected table of the pilot by (kind, term, treatment)."""
    rows = shared_table("cdiscpilot01", "expected", name)
    columns = {
        "subjects": "subjects_with_event",
        "events": "events_distinct",
        "versions": "event_records",
        "person_days": "person_days_in_study",
    }
    return {
        ("preferred_term", row["pt"], ARMS[row["arm"]]): {
            field: int(row[column]) for field, column in columns.items()
        }
        for row in rows
    }


def test_every_record_is_folded(result: Result):
    """The worker refuses none of what the ingest writes."""
    records = result["records"]

    assert records["folded"] == sum(records.values()) == 2845


def test_each_term_has_the_events_of_sdtm_but_for_what_the_listings_lack(result: Result):
    """Subjects, cases and rows of 230 terms in three arms agree, but for six that are explained."""
    counts = cells(result)
    different = {
        (arm, term): tuple(
            counts[kind, term, arm][field] - row[field]
            for field in ("subjects", "events", "versions")
        )
        for (kind, term, arm), row in expected("pt_by_arm.csv").items()
    }

    assert {cell: counts for cell, counts in different.items() if any(counts)} == DIFFERENT_EVENTS


def test_serious_events_are_those_of_sdtm(result: Result, sdtm_result: Result):
    """Not one serious case differs in any arm or term."""
    fields = ("serious_subjects", "serious_events")
    serious = [
        {
            (cell, field): row[field]
            for cell, row in cells(one).items()
            for field in fields
            if row[field]
        }
        for one in (result, sdtm_result)
    ]

    assert serious[0] == serious[1]
    assert len(serious[0]) == 98


@pytest.fixture(scope="module", name="sdtm_result")
def _sdtm_result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """Ingest the transport files of the pilot, and return the result of their replay."""
    folder = shared("data", "cdiscpilot01", "raw_xpt")
    log = tmp_path_factory.mktemp("sdtm") / "log.jsonl"
    run = run_tocsin("ingest", "sdtm", folder, "--study", CDISC, "--to", log)
    assert run.code == 0, run.stderr
    return replay_json(log)


def test_subjects_and_person_days_are_those_of_sdtm_but_for_one_day(result: Result):
    """254 subjects in three arms; one subject has a day less."""
    rows = shared_table("cdiscpilot01", "expected", "arm_summary.csv")
    exposure = {row["treatment"]: row for row in result["exposure"]}
    days = {arm: row["person_days"] + DAYS_MISSING.get(arm, 0) for arm, row in exposure.items()}

    assert {arm: row["subjects"] for arm, row in exposure.items()} == {
        "placebo": 86,
        "xanomeline_low_dose": 84,
        "xanomeline_high_dose": 84,
    }
    assert days == {ARMS[row["arm"]]: int(row["person_days_in_study"]) for row in rows}


def test_unknown_codes_stop_the_ingest_of_redcap_and_name_row_and_column(tmp_path: Path):
    """Nothing is written, and no value of a cell is printed."""
    folder = shared("data", "listings", "redcap")
    log = tmp_path / "log.jsonl"
    mapping = folder / "mapping_example.toml"
    run = run_tocsin("ingest", "csv", folder, "--mapping", mapping, "--study", "RC", "--to", log)

    assert is_refused(
        run,
        3,
        "refused: 1 x a code has no meaning in the mapping (redcap_flat_synthetic.csv ae_severity,"
        " row 8)",
        "(redcap_flat_synthetic.csv ae_related, row 8)",
        "Nothing is written",
    )
    assert not log.exists()
    assert "Rash" not in run.stderr


def test_redcap_reads_with_its_codes_and_its_impossible_date_is_a_finding(tmp_path: Path):
    """The thirtieth of February is left out; the subject without a row of its own has to wait."""
    folder = shared("data", "listings", "redcap")
    toml = (folder / "mapping_example.toml").read_text(encoding="utf-8")
    toml = toml.replace('"3" = "not_related"', '"3" = "not_related", "9" = ""')
    toml = toml.replace(
        "[file.codes]\n", '[file.codes]\nserious = { "0" = "no", "1" = "yes", "2" = "" }\n'
    )
    mapping, log = tmp_path / "mapping.toml", tmp_path / "log.jsonl"
    mapping.write_text(toml + SUBJECTS, encoding="utf-8")
    run = run_tocsin("ingest", "csv", folder, "--mapping", mapping, "--study", "RC", "--to", log)

    assert run.code == 0, run.stderr
    assert "is in no calendar (redcap_flat_synthetic.csv ae_start, row 7)" in run.stderr
    records = replay_json(log)["records"]
    assert (records["folded"], records["unallocated"], records["refused"]) == (7, 1, 0)


SUBJECTS = """
[[file]]
name = "dm"
path = "redcap_flat_synthetic.csv"
record = "subject"
where = { redcap_repeat_instrument = "" }
key = ["record_id"]
fields = { subject = "record_id", randomised_treatment = "rand_arm" }
"""


def test_a_draft_leads_to_a_log_by_its_messages(tmp_path: Path):
    """Draft, read what it asks, choose, ingest: nothing else is needed."""
    folder = shared(*LISTINGS)
    draft = run_tocsin("ingest", "csv", "--draft", folder)
    mapping, log = tmp_path / "mapping.toml", tmp_path / "log.jsonl"
    mapping.write_text(draft.stdout, encoding="utf-8")
    ingest = ("ingest", "csv", folder, "--mapping", mapping, "--study", CDISC, "--to", log)

    assert is_refused(run_tocsin(*ingest), 3, "(ae_raw.csv IT.AESEV", "add it to [file.codes]")
    for word in ("Mild", "Moderate", "Severe"):
        draft_line = f'# "{word} Adverse Event" = "..."'
        text = mapping.read_text(encoding="utf-8")
        mapping.write_text(
            text.replace(draft_line, f'"{word} Adverse Event" = "{word.lower()}"'), encoding="utf-8"
        )
    run = run_tocsin(*ingest)

    assert run.code == 0, run.stderr
    assert replay_json(log)["records"]["refused"] == 0


def test_what_is_missing_on_the_command_line_is_named(tmp_path: Path):
    """The message names the flags, and the command to begin with."""
    assert is_refused(run_tocsin("ingest", "csv"), 2, "--mapping", "--draft DIR")
    assert is_refused(run_tocsin("ingest", "csv", "--draft", tmp_path), 3, "no file *.csv")
    missing = run_tocsin("ingest", "csv", tmp_path, "--mapping", tmp_path / "m", "--to", "x")
    assert is_refused(missing, 2, "cannot be read")
