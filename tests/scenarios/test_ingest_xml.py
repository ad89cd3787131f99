"""Runs `tocsin ingest odm`, `redcap` and `e2b` as a user does, and replays what they write."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.paths import shared
from tests.scenarios.commands import CommandResult, JsonObject, is_refused, run_tocsin
from tests.streams.sources.e2b.reports import Reaction, Report, batch
from tests.streams.sources.odm.exports import export, form, group, subject
from tests.streams.sources.redcap.projects import event, sample_records, write_export
from tests.streams.sources.redcap.server import TOKEN, FakeRedcap, serve

PLAN = """\
study = "S"
title = "A small trial"
[treatments]
control = "placebo"
active = ["drug"]
[[periods]]
id = "first"
[[rules]]
name = "deaths"
when = "fatal"
"""

ODM_MAPPING = """\
study = "S"
system = "edc"
[arms]
"A" = "drug"
"B" = "placebo"
[[file]]
name = "dm"
path = "*.xml"
record = "subject"
where = { ItemGroupOID = "DM" }
fields = { subject = "SubjectKey", randomised_treatment = "ARM", date = "RANDDT" }
[[file]]
name = "tx"
path = "*.xml"
record = "treatment"
where = { ItemGroupOID = "DM" }
[file.fields]
subject = "SubjectKey"
treatment = "ARM"
period = { const = "first" }
start = "RANDDT"
[[file]]
name = "ae"
path = "*.xml"
record = "adverse_event"
where = { ItemGroupOID = "AE" }
[file.fields]
subject = "SubjectKey"
preferred_term = "AETERM"
system_organ_class = { const = "Cardiac disorders" }
onset = "AESTDTC"
serious = "AESER"
outcome = "AEOUT"
"""

REDCAP_MAPPING = """\
study = "S"
[[file]]
name = "ae"
path = "*.json"
record = "adverse_event"
where = { redcap_repeat_instrument = "adverse_events" }
key = ["record_id", "redcap_repeat_instance"]
known_at = ["ae_modified"]
[file.fields]
subject = "record_id"
preferred_term = "ae_code"
system_organ_class = { const = "UNKNOWN" }
onset = "ae_start"
serious = "ae_severity"
"""


def write(folder: Path, name: str, text: str) -> Path:
    """A file with *text*."""
    path = folder / name
    path.write_text(text)
    return path


def ingest(folder: Path, kind: str, source: Path, *flags: str | Path) -> CommandResult:
    """Ingest *source*, of format *kind*, to log.jsonl in *folder*."""
    return run_tocsin("ingest", kind, source, "--to", folder / "log.jsonl", *flags)


def log(folder: Path) -> list[JsonObject]:
    """The records of log.jsonl in *folder*."""
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def arm(key: str, code: str) -> str:
    """The data of a subject in an arm."""
    items = {"ARM": code, "RANDDT": "2026-11-01"}
    return subject(form(group(items, oid="DM", kind="Insert", time="2026-11-01")), key=key)


def case(key: str, term: str, kind: str = "Insert", time: str = "2026-11-06", **items: str) -> str:
    """A transaction on the adverse event of a subject."""
    values = {"AETERM": term, "AESTDTC": "2026-11-05", "AESER": "N", "AEOUT": "UNKNOWN", **items}
    return subject(form(group(values, kind=kind, time=time)), key=key)


def test_an_odm_file_with_transactions_becomes_a_log(tmp_path: Path):
    """A correction is a version, a removal a retraction, and a death rings."""
    content = (
        arm("P-1", "A")
        + arm("P-2", "B")
        + case("P-1", "Chest pain")
        + case("P-2", "Rash")
        + case("P-1", "Cardiac arrest", "Update", "2026-11-09", AESER="Y", AEOUT="FATAL")
        + subject(form(group({}, kind="Remove", time="2026-11-20")), key="P-2")
    )
    source = write(tmp_path, "export.xml", export(content, file_type="Transactional"))
    mapping = write(tmp_path, "mapping.toml", ODM_MAPPING)

    run = ingest(
        tmp_path, "odm", source, "--mapping", mapping, "--plan", write(tmp_path, "p", PLAN)
    )

    records = log(tmp_path)
    cases = [one for one in records if one["type"] == "adverse_event"]
    assert run.code == 0, run.stderr
    assert [(one["subject"], one["source"]["version"]) for one in cases] == [
        ("P-1", 1),
        ("P-2", 1),
        ("P-1", 2),
    ]
    assert records[-1]["type"] == "retraction"
    assert records[-1]["target"]["id"] == cases[1]["source"]["id"]
    result = run_tocsin("replay", tmp_path / "log.jsonl", "--json", "--strict")
    assert result.code == 0, result.stderr
    assert [
        one["rule"] for one in result.json_lines if one.get("rule")
    ] or "deaths" in result.stdout


def test_the_odm_samples_are_read(tmp_path: Path):
    """Without randomisation in it, a snapshot's events wait for their subjects."""
    mapping = write(
        tmp_path,
        "m.toml",
        'study = "S"\n[[file]]\nname = "ae"\npath = "*.xml"\nrecord = "adverse_event"\n'
        'where = { ItemGroupOID = "IG.AE.AE_ARRAY1" }\nknown_at = ["CreationDateTime"]\n'
        '[file.fields]\nsubject = "SubjectKey"\npreferred_term = "IT.AETERM"\n'
        'system_organ_class = { const = "UNKNOWN" }\nonset = { const = "" }\n',
    )
    source = shared("data", "listings", "odm", "odm-data-snapshot.xml")

    run = ingest(tmp_path, "odm", source, "--mapping", mapping)

    assert run.code == 0, run.stderr
    assert sum(one["type"] == "adverse_event" for one in log(tmp_path)) == 20
    assert "ItemGroupOID IG.LB.LB_ARRAY1" in run.stderr


def test_the_redcap_sample_is_refused_until_its_codes_are_mapped(tmp_path: Path):
    """Its two unknown codes and its impossible date are named by row and field."""
    source = write_export(tmp_path / "export.json", sample_records())
    example = shared("data", "listings", "redcap", "mapping_example.toml").read_text()
    mapping = write(tmp_path, "m.toml", example)

    refused = ingest(tmp_path, "redcap", source, "--mapping", mapping)
    assert is_refused(refused, 3, "ae_severity, row 7", "ae_related, row 7", "Nothing is written")
    assert "ae_start, row 6" in refused.stderr
    assert not (tmp_path / "log.jsonl").exists()

    known = example.replace('"1" = "definite"', '"9" = "unlikely", "1" = "definite"')
    mapping.write_text(f'{known}\n[file.codes.serious]\n"0" = "no"\n"1" = "yes"\n"2" = "no"\n')
    taken = ingest(tmp_path, "redcap", source, "--mapping", mapping)
    assert taken.code == 0, taken.stderr
    cases = [one for one in log(tmp_path) if one["type"] == "adverse_event"]
    assert [(one["preferred_term"], one.get("onset")) for one in cases if "Fall" in str(one)] == [
        ("Fall", None)
    ]
    assert len(cases) == 5


def test_redcap_is_pulled_into_a_folder_that_is_the_history(tmp_path: Path):
    """Two pulls, of which the second has one change: one new version."""
    project = FakeRedcap([event("1"), event("2", ae_code="Rash")])
    token = write(tmp_path, "token", f"{TOKEN}\n")
    flags = ("--mapping", write(tmp_path, "m.toml", REDCAP_MAPPING), "--token-file", token)
    pulls = tmp_path / "pulls"

    with serve(project):
        first = ingest(tmp_path, "redcap", pulls, "--pull", project.url, *flags)
        (pulled,) = pulls.glob("*.json")
        pulled.rename(pulls / "pull-20260306T000000Z.json")
        changed = event("1", ae_severity="1", ae_modified="2026-03-20")
        project.records = [changed, project.records[1]]
        second = ingest(tmp_path, "redcap", pulls, "--pull", project.url, *flags)

    assert first.code == 0, first.stderr
    assert second.code == 0, second.stderr
    assert TOKEN not in first.stderr + second.stderr
    assert project.requests[-2]["dateRangeBegin"] == "2026-03-05 00:00:00"
    cases = [one for one in log(tmp_path) if one["type"] == "adverse_event"]
    assert [(one["preferred_term"], one["source"]["version"]) for one in cases] == [
        ("Headache", 1),
        ("Rash", 1),
        ("Headache", 2),
    ]


@pytest.mark.parametrize(
    ("token", "code", "text"),
    [
        (None, 2, "--pull needs the token"),
        ("not a token!", 2, "holds no token"),
        ("F" * 32, 3, "REDCap refuses the token"),
    ],
)
def test_a_pull_without_a_good_token_ends_with_a_message(
    tmp_path: Path, token: str | None, code: int, text: str
):
    """And leaves no file behind."""
    flags: list[str | Path] = ["--mapping", write(tmp_path, "m.toml", REDCAP_MAPPING)]
    if token is not None:
        flags += ["--token-file", write(tmp_path, "token", token)]

    with serve(FakeRedcap([event()])) as project:
        run = ingest(tmp_path, "redcap", tmp_path / "pulls", "--pull", project.url, *flags)

    assert is_refused(run, code, text)
    assert not list(tmp_path.glob("pulls/*.json"))


def test_the_cases_of_reports_join_the_subjects_of_another_source(tmp_path: Path):
    """A fatal reaction to a subject that ODM knows rings, and a nullified one is retracted."""
    plan = write(tmp_path, "plan.toml", PLAN)
    base = write(tmp_path, "odm.xml", export(arm("P-1", "A") + arm("P-2", "B")))
    mapping = write(tmp_path, "odm.toml", ODM_MAPPING)
    assert ingest(tmp_path, "odm", base, "--mapping", mapping, "--plan", plan).code == 0
    subjects = (tmp_path / "log.jsonl").read_bytes()

    fatal = Report(investigation="001-1", reactions=[Reaction(criteria={"death": "true"})])
    other = replace(fatal, worldwide_id="AB-2", case_id="AB-2", investigation="001-2")
    gone = replace(other, nullification="1", created="20261125")
    reports = write(tmp_path, "reports.xml", batch(fatal, other, gone))
    e2b = write(
        tmp_path,
        "e2b.toml",
        '[subjects]\n"001-1" = "P-1"\n"001-2" = "P-2"\n'
        '[terms]\n"10027940" = ["Cardiac arrest", "Cardiac disorders"]\n',
    )
    run = ingest(tmp_path, "e2b", reports, "--study", "S", "--plan", plan, "--mapping", e2b)
    assert run.code == 0, run.stderr
    assert log(tmp_path)[-1]["type"] == "retraction"

    whole = tmp_path / "whole.jsonl"
    whole.write_bytes(subjects + (tmp_path / "log.jsonl").read_bytes())
    result = run_tocsin("replay", whole, "--json", "--strict")
    assert result.code == 0, result.stderr
    assert "unallocated" not in {name for name, count in result.result["records"].items() if count}


def test_the_samples_of_the_fda_need_a_number_of_the_subject(tmp_path: Path):
    """They are from the market, with initials; a mapping can say that these are subjects."""
    folder = shared("data", "e2b_r3_fda_samples", "raw")
    flags = ("--study", "S", "--plan", write(tmp_path, "plan.toml", PLAN))

    refused = ingest(tmp_path, "e2b", folder, *flags)
    assert is_refused(refused, 3, "D.1.1.4", "no row that names a subject")

    mapping = write(tmp_path, "e2b.toml", 'subject = "name"')
    taken = ingest(tmp_path, "e2b", folder, *flags, "--mapping", mapping)
    assert taken.code == 0, taken.stderr
    assert sum(one["type"] == "adverse_event" for one in log(tmp_path)) > 10


@pytest.mark.parametrize(
    ("kind", "text"),
    [("odm", "this is E2B(R3): tocsin ingest e2b"), ("redcap", "this is E2B(R3)")],
)
def test_the_wrong_kind_of_file_is_named(tmp_path: Path, kind: str, text: str):
    """The message names the command that reads it."""
    source = shared("data", "e2b_r3_fda_samples", "raw", "FAERS2022Scenario1.xml")
    mapping = write(tmp_path, "m.toml", ODM_MAPPING if kind == "odm" else REDCAP_MAPPING)

    assert is_refused(ingest(tmp_path, kind, source, "--mapping", mapping), 3, text)
