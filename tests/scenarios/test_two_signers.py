"""Tests plans that two persons sign on the command line, one after the other."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scenarios.commands import is_refused, run_tocsin, small_log, write_log
from tests.scenarios.test_keys_command import make_key, plan_file, signed_plan


@pytest.fixture
def keys(tmp_path: Path) -> list[Path]:
    """Create two keys, the file `keys` with their public halves, and a plan."""
    keys_by_file = [make_key(tmp_path, name) for name in ("office", "dean")]
    (tmp_path / "keys").write_text("\n".join(public for _, public in keys_by_file))
    plan_file(tmp_path)
    return [path for path, _ in keys_by_file]


def record_file(folder: Path, line: bytes) -> Path:
    """Write a file with one record."""
    path = folder / "plan.jsonl"
    path.write_bytes(line + b"\n")
    return path


def test_the_second_person_signs_the_record_of_the_first(tmp_path: Path, keys: list[Path]):
    """Where two signers are required, the record opens the study; one signature is refused."""
    first, second = keys
    signed_once = signed_plan(tmp_path, first)
    run = run_tocsin("plan", "sign", record_file(tmp_path, signed_once), "--key", second)
    assert run.code == 0 and "signed by" in run.stderr and "sha256" in run.stderr
    options = ("--keys", tmp_path / "keys", "--strict")

    for record, code, messages in (
        (run.stdout.encode().strip(), 0, ()),
        (signed_once, 3, ("Only 1 of the 2 signatures", "tocsin plan sign RECORD")),
    ):
        log = write_log(tmp_path, [record, *small_log()[1:]])
        replayed = run_tocsin("replay", log, *options, TOCSIN_PLAN_SIGNERS="2")
        assert replayed.code == code, replayed
        assert not messages or is_refused(replayed, code, *messages)


def test_a_signed_record_is_unchanged_and_signed_once_by_each_person(
    tmp_path: Path, keys: list[Path]
):
    """A second signature by the same key, another version and other records are refused."""
    first, second = keys
    path = record_file(tmp_path, signed_plan(tmp_path, first))

    assert is_refused(
        run_tocsin("plan", "sign", path, "--key", first), 2, "has signed", "another person"
    )
    run = run_tocsin("plan", "sign", path, "--key", second, "--version", "2")
    assert is_refused(run, 2, "the signatures cover its version", "Omit --version")
    path.write_bytes(path.read_bytes() * 2)
    assert is_refused(run_tocsin("plan", "sign", path, "--key", second), 2, "more than one line")
    treatment = write_log(tmp_path, small_log()[1:2])
    assert is_refused(
        run_tocsin("plan", "sign", treatment, "--key", second), 2, "but not of a plan"
    )
    path.write_bytes(signed_plan(tmp_path, first).replace(b"2020-01-01T", b"soon"))
    assert is_refused(
        run_tocsin("plan", "sign", path, "--key", second), 2, "Workers would refuse this"
    )


def test_a_number_of_signers_that_no_plan_could_meet_is_refused(tmp_path: Path, keys: list[Path]):
    """With fewer keys than signers, or no signer, the setting is refused before any plan is."""
    log = write_log(tmp_path, small_log())
    for signers, message in (
        ("3", "holds 2 keys, and a plan needs 3 signers"),
        ("0", "TOCSIN_PLAN_SIGNERS"),
    ):
        run = run_tocsin("replay", log, "--keys", tmp_path / "keys", TOCSIN_PLAN_SIGNERS=signers)
        assert is_refused(run, 2, message)
    assert is_refused(run_tocsin("run", TOCSIN_PLAN_SIGNERS="2"), 2, "name a file of keys")
