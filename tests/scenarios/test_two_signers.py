"""A plan that two persons sign, from the shell: each with a key of their own, one after another."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scenarios.commands import is_refused, run_tocsin, small_log, write_log
from tests.scenarios.test_keys_command import make_key, plan_file, signed_plan


@pytest.fixture
def keys(tmp_path: Path) -> list[Path]:
    """Two keys, whose public halves are in the file `keys`; the plan is beside them."""
    made = [make_key(tmp_path, name) for name in ("office", "dean")]
    (tmp_path / "keys").write_text("\n".join(public for _, public in made))
    plan_file(tmp_path)
    return [path for path, _ in made]


def record_file(folder: Path, line: bytes) -> Path:
    """A file with one record."""
    path = folder / "plan.jsonl"
    path.write_bytes(line + b"\n")
    return path


def test_the_second_signs_the_record_of_the_first(tmp_path: Path, keys: list[Path]):
    """Then it opens the study under a rule of two; with one signature it does not, and why."""
    first, second = keys
    once = signed_plan(tmp_path, first)
    done = run_tocsin("plan", "sign", record_file(tmp_path, once), "--key", second)
    assert done.code == 0 and "signed by" in done.stderr and "sha256" in done.stderr
    words = ("--keys", tmp_path / "keys", "--strict")

    for line, code, says in (
        (done.stdout.encode().strip(), 0, ()),
        (once, 3, ("Only 1 of the 2 signatures", "tocsin plan sign RECORD")),
    ):
        log = write_log(tmp_path, [line, *small_log()[1:]])
        replayed = run_tocsin("replay", log, *words, TOCSIN_PLAN_SIGNERS="2")
        assert replayed.code == code, replayed
        assert not says or is_refused(replayed, code, *says)


def test_a_record_is_signed_as_it_is_and_once_by_each(tmp_path: Path, keys: list[Path]):
    """Its version and hour were signed; one key twice is one person; another record is no plan."""
    first, second = keys
    path = record_file(tmp_path, signed_plan(tmp_path, first))

    assert is_refused(
        run_tocsin("plan", "sign", path, "--key", first), 2, "has signed", "another person"
    )
    again = run_tocsin("plan", "sign", path, "--key", second, "--version", "2")
    assert is_refused(again, 2, "the signatures cover its version", "Omit --version")
    path.write_bytes(path.read_bytes() * 2)
    assert is_refused(run_tocsin("plan", "sign", path, "--key", second), 2, "more than one line")
    other = write_log(tmp_path, small_log()[1:2])
    assert is_refused(run_tocsin("plan", "sign", other, "--key", second), 2, "but not of a plan")
    path.write_bytes(signed_plan(tmp_path, first).replace(b"2020-01-01T", b"soon"))
    assert is_refused(
        run_tocsin("plan", "sign", path, "--key", second), 2, "Workers would refuse this"
    )


def test_a_rule_that_no_plan_could_meet_is_refused(tmp_path: Path, keys: list[Path]):
    """Fewer keys than signers, or none: nothing would ever count, and nobody would know why."""
    log = write_log(tmp_path, small_log())
    for signers, says in (
        ("3", "holds 2 keys, and a plan needs 3 signers"),
        ("0", "TOCSIN_PLAN_SIGNERS"),
    ):
        done = run_tocsin("replay", log, "--keys", tmp_path / "keys", TOCSIN_PLAN_SIGNERS=signers)
        assert is_refused(done, 2, says)
    assert is_refused(run_tocsin("run", TOCSIN_PLAN_SIGNERS="2"), 2, "name a file of keys")
