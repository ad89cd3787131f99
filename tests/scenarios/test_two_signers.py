"""A plan that two persons sign, from the shell: each with a key of their own, one after another."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scenarios.commands import refused, small, tocsin, written
from tests.scenarios.test_keys_command import key_in, plan_file, signed


@pytest.fixture
def keys(tmp_path: Path) -> list[Path]:
    """Two keys, whose public halves are in the file `keys`; the plan is beside them."""
    made = [key_in(tmp_path, name) for name in ("office", "dean")]
    (tmp_path / "keys").write_text("\n".join(public for _, public in made))
    plan_file(tmp_path)
    return [path for path, _ in made]


def record(folder: Path, line: bytes) -> Path:
    """A file with one record."""
    path = folder / "plan.jsonl"
    path.write_bytes(line + b"\n")
    return path


def test_the_second_signs_the_record_of_the_first(tmp_path: Path, keys: list[Path]):
    """Then it opens the study under a rule of two; with one signature it does not, and why."""
    first, second = keys
    once = signed(tmp_path, first)
    done = tocsin("plan", "sign", record(tmp_path, once), "--key", second)
    assert done.code == 0 and "signed by" in done.err and "sha256" in done.err
    words = ("--keys", tmp_path / "keys", "--strict")

    for line, code, says in (
        (done.out.encode().strip(), 0, ()),
        (once, 3, ("Only 1 of the 2 signatures", "tocsin plan sign RECORD")),
    ):
        log = written(tmp_path, [line, *small()[1:]])
        replayed = tocsin("replay", log, *words, TOCSIN_PLAN_SIGNERS="2")
        assert replayed.code == code, replayed
        assert not says or refused(replayed, code, *says)


def test_a_record_is_signed_as_it_is_and_once_by_each(tmp_path: Path, keys: list[Path]):
    """Its version and hour were signed; one key twice is one person; another record is no plan."""
    first, second = keys
    path = record(tmp_path, signed(tmp_path, first))

    assert refused(tocsin("plan", "sign", path, "--key", first), 2, "has signed", "another person")
    again = tocsin("plan", "sign", path, "--key", second, "--version", "2")
    assert refused(again, 2, "part of what was signed", "Leave --version")
    path.write_bytes(path.read_bytes() * 2)
    assert refused(tocsin("plan", "sign", path, "--key", second), 2, "more than one line")
    other = written(tmp_path, small()[1:2])
    assert refused(tocsin("plan", "sign", other, "--key", second), 2, "not that of a plan")
    path.write_bytes(signed(tmp_path, first).replace(b"2020-01-01T", b"soon"))
    assert refused(tocsin("plan", "sign", path, "--key", second), 2, "Nobody would take this")


def test_a_rule_that_no_plan_could_meet_is_refused(tmp_path: Path, keys: list[Path]):
    """Fewer keys than signers, or none: nothing would ever count, and nobody would know why."""
    log = written(tmp_path, small())
    for signers, says in (
        ("3", "holds 2 keys, and a plan needs 3 signers"),
        ("0", "TOCSIN_PLAN_SIGNERS"),
    ):
        done = tocsin("replay", log, "--keys", tmp_path / "keys", TOCSIN_PLAN_SIGNERS=signers)
        assert refused(done, 2, says)
    assert refused(tocsin("run", TOCSIN_PLAN_SIGNERS="2"), 2, "name a file of keys")
