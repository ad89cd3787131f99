"""Tests `tocsin validate`: it refuses what a worker refuses, and prints no value."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from streams.records.examples import EXAMPLES
from tests.paths import ROOT
from tests.scenarios.commands import (
    JsonObject,
    clot_record,
    command_environment,
    plan_record,
    run_tocsin,
    small_log,
    treatment_record,
    wire_record,
    write_log,
)

SECRET = "Sapphire"
TOMORROW = (datetime.now(UTC) + timedelta(days=3)).strftime("%Y-%m-%dT00:00:00Z")


def bad_lines() -> list[tuple[str, JsonObject | bytes]]:
    """Return lines that are refused, each with its reason; each has a value to keep secret."""
    return [
        ("not_json", b'{"study": "' + SECRET.encode()),
        ("unknown_type", small_log()[1] | {"type": SECRET}),
        ("bad_date", treatment_record("D") | {"start": f"{SECRET} 2020"}),
        ("unknown_field", treatment_record("E") | {"colour": SECRET}),
        ("unknown_treatment", treatment_record(SECRET, SECRET)),
        ("unknown_period", treatment_record(SECRET) | {"period": SECRET}),
        ("no_plan", treatment_record(SECRET, study="OTHER")),
        ("conflict", clot_record("A", "2020-01-20", verbatim=SECRET)),
        ("known_too_late", clot_record("C", "2020-01-21") | {"known_at": TOMORROW}),
        ("merge_cycle", merge("m2", "edc/b", "edc/a")),
        ("no_benefit_risk", EXAMPLES["assessment"] | {"study": "S", "subject": SECRET}),
    ]


def merge(name: str, duplicate: str, survivor: str) -> JsonObject:
    """Return a record that two cases are one."""
    return wire_record(
        "merge", name, "2020-01-03", what="case", duplicate=duplicate, survivor=survivor
    )


def hostile_log() -> list[JsonObject | bytes]:
    """Return good records, then every bad line."""
    return [*small_log(), merge("m1", "edc/a", "edc/b"), *(line for _, line in bad_lines())]


def test_every_refusal_of_a_worker_is_named(tmp_path: Path):
    """Line, reason, detail and remedy of each; the context of the plan counts; no value shows."""
    log = write_log(tmp_path, hostile_log())
    run = run_tocsin("validate", log, "--json")
    refused = [(each["line"], each["reason"]) for each in run.json_lines]

    assert run.code == 3 and "11 of 18 lines would be refused" in run.stderr
    assert refused == [(8 + place, reason) for place, (reason, _) in enumerate(bad_lines())]
    assert all(each["detail"] and each["remedy"] for each in run.json_lines)
    text = run_tocsin("validate", log)
    assert SECRET not in run.stdout + run.stderr + text.stdout + text.stderr
    assert text.stdout.splitlines()[0].startswith("line 8: not_json: ")


def test_a_replay_refuses_the_same_lines(tmp_path: Path):
    """What the check passes, the fold includes: all but the date that only a clock refuses."""
    log = write_log(tmp_path, hostile_log())
    validated = {
        each["line"]: each["reason"] for each in run_tocsin("validate", log, "--json").json_lines
    }
    replayed = run_tocsin("replay", log, "--json").result["records"]

    assert len(validated) - 1 == replayed["refused"] + replayed["conflict"]


def test_a_good_log_passes_and_the_next_command_is_printed(tmp_path: Path):
    """Standard input is read as well."""
    log = write_log(tmp_path, small_log())
    run = run_tocsin("validate", log)
    piped = subprocess.run(
        [sys.executable, "-m", "tocsin", "validate", "-"],
        cwd=ROOT, env=command_environment(), input=log.read_bytes(), capture_output=True,
        check=False,
    )  # fmt: skip

    assert (run.code, run.stdout) == (0, "6 records, none would be refused.\n")
    assert run.stderr == f"next: tocsin replay {log}\nnext: tocsin report {log} --to report\n"
    assert (piped.returncode, piped.stdout.decode()) == (0, run.stdout)


def test_a_plan_without_a_key_is_refused_where_keys_are_required(tmp_path: Path):
    """The keys of the deployment count, as they do for a worker."""
    keys = tmp_path / "office.pub"
    keys.write_text("O2onvM62pC1io6jQKm8Nc2UyFXcd4kOmOsBIoYtZ2ik=")
    run = run_tocsin("validate", write_log(tmp_path, [plan_record()]), "--json", "--keys", keys)

    assert run.code == 3 and run.json_lines[0]["reason"] == "unsigned"


@pytest.mark.parametrize(("name", "code", "text"), [("none", 2, "read"), ("empty", 3, "is empty")])
def test_no_log_is_said(tmp_path: Path, name: str, code: int, text: str):
    """A file that is missing or empty is no success."""
    (tmp_path / "empty").write_text("")
    run = run_tocsin("validate", tmp_path / name)

    assert (run.code, run.stdout) == (code, "") and text in run.stderr
