"""Tests keys made on the command line, plans signed with them, and replays that require them."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

from streams.records.key_files import load_key
from streams.records.signing import is_signed_by, signed_content_of
from tests.scenarios.commands import (
    clot_record,
    is_refused,
    plan_toml,
    run_tocsin,
    small_log,
    treatment_record,
    write_log,
)
from tests.streams.records.signers import review


def make_key(folder: Path, name: str = "office") -> tuple[Path, str]:
    """Create a key; return its file and its public half."""
    path = folder / f"{name}.pem"
    run = run_tocsin("keys", "new", path, "--json")
    assert run.code == 0, run
    return path, run.result["key"]


def plan_file(folder: Path, more: str = "") -> Path:
    """Write a plan that ends with *more*."""
    path = folder / "plan.toml"
    path.write_text(plan_toml() + more)
    return path


def signed_plan(folder: Path, key: Path, *more: str) -> bytes:
    """Sign the plan in *folder* with *key* and return its record."""
    options = ("--key", str(key), "--known-at", "2020-01-01T12:00:00Z", *more)
    run = run_tocsin("plan", "sign", folder / "plan.toml", *options)
    assert run.code == 0, run
    return run.stdout.strip().encode()


def test_a_new_key_is_readable_by_its_owner_only(tmp_path: Path):
    """The umask does not matter.  The printed line fits in a plan, and `show` prints it again."""
    path = tmp_path / "ann.pem"
    umask = os.umask(0)
    try:
        run = run_tocsin("keys", "new", path)
    finally:
        os.umask(umask)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (
        run.stdout.startswith('key = "') and run.stdout == run_tocsin("keys", "show", path).stdout
    )
    assert "PRIVATE" not in run.stdout + run.stderr
    assert (
        run_tocsin("check", plan_file(tmp_path, f'[[board]]\nmember = "ann"\n{run.stdout}')).code
        == 0
    )


def test_a_key_is_never_overwritten(tmp_path: Path):
    """An existing file is refused, and its key stays the same."""
    path, public = make_key(tmp_path)

    assert is_refused(run_tocsin("keys", "new", path), 2, "exists already")
    assert run_tocsin("keys", "show", path, "--json").result["key"] == public
    assert is_refused(run_tocsin("keys", "new", tmp_path / "none" / "key"), 2, "cannot be written")


def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path):
    """The message has the command that repairs it; a file without a key is named as well."""
    path, _ = make_key(tmp_path)
    path.chmod(0o640)
    assert is_refused(run_tocsin("keys", "show", path), 2, "may be read by others", "chmod 600")
    path.chmod(0o600)
    path.write_text("nonsense")
    assert is_refused(run_tocsin("keys", "show", path), 2, "holds no key", "tocsin keys new")
    assert is_refused(run_tocsin("keys", "show", tmp_path / "none"), 2, "cannot be read")


def test_a_signed_plan_opens_the_study(tmp_path: Path):
    """It is the first line of a log, and its signature covers its content."""
    path, _ = make_key(tmp_path)
    plan_file(tmp_path)
    line = signed_plan(tmp_path, path)

    assert is_signed_by(signed_content_of(json.loads(line)), load_key(path).public_key)
    log = write_log(tmp_path, [line, *small_log()[1:]])
    run = run_tocsin("replay", log, "--json", "--strict")
    assert run.code == 0 and run.result["study"] == "S"


def test_a_replay_with_keys_accepts_only_plans_signed_with_them(tmp_path: Path):
    """A plan that is unsigned, or signed with another key, is refused with the reason."""
    path, public = make_key(tmp_path)
    other_key, _ = make_key(tmp_path, "other")
    keys = tmp_path / "keys"
    keys.write_text(f"# the sponsor's office\n\n{public}  # 2020\n")
    plan_file(tmp_path)
    rest = small_log()[1:]

    accepted = run_tocsin(
        "replay", write_log(tmp_path, [signed_plan(tmp_path, path), *rest]), "--keys", keys
    )
    assert accepted.code == 0
    keys.write_text(run_tocsin("keys", "show", path).stdout)
    reread = run_tocsin(
        "replay", write_log(tmp_path, [signed_plan(tmp_path, path), *rest]), "--keys", keys
    )
    assert reread.code == 0, "the printed line is accepted unchanged"
    unsigned = run_tocsin("replay", write_log(tmp_path, small_log()), "--keys", keys)
    assert is_refused(unsigned, 3, "There is no signature on the plan", "tocsin plan sign")
    foreign = run_tocsin(
        "replay", write_log(tmp_path, [signed_plan(tmp_path, other_key), *rest]), "--keys", keys
    )
    assert is_refused(foreign, 3, "No key that counts here", "TOCSIN_PLAN_KEYS_FILE")


def test_an_unsigned_review_in_a_log_is_named(tmp_path: Path):
    """Its line and the reason are given, as for any record that is refused."""
    path, public = make_key(tmp_path, "ann")
    plan_file(tmp_path, f'[[board]]\nmember = "ann"\nkey = "{public}"\n')
    lines = [
        signed_plan(tmp_path, path),
        treatment_record("A"),
        clot_record("A", "2020-01-20"),
        review(),
    ]

    run = run_tocsin("replay", write_log(tmp_path, lines), "--strict")

    assert is_refused(run, 3, "line 4", "There is no signature on the review")


def test_an_invalid_file_of_keys_is_refused_with_the_reason(tmp_path: Path):
    """An empty file would accept no plan; a line that is not a key is named by its number."""
    keys, log = tmp_path / "keys", write_log(tmp_path, small_log())
    for text, message in (("# none\n", "holds no key"), ("abc\n", "line 1"), ("é", "not a list")):
        keys.write_text(text)
        assert is_refused(run_tocsin("replay", log, "--keys", keys), 2, message)
    assert is_refused(run_tocsin("replay", log, "--keys", tmp_path / "none"), 2, "cannot be read")


def test_an_invalid_plan_is_not_signed(tmp_path: Path):
    """The message is that of `tocsin check`; an invalid source, version or time is refused too."""
    path, _ = make_key(tmp_path)
    invalid = plan_file(tmp_path, "[nonsense]\n")
    assert is_refused(
        run_tocsin("plan", "sign", invalid, "--key", path), 2, "nonsense: is not known"
    )
    valid = plan_file(tmp_path)
    for more, message in (
        (("--source", "sponsor"), "sponsor/plan"),
        (("--version", "0"), "Workers would refuse this record"),
        (("--known-at", "yesterday"), "Workers would refuse this record"),
    ):
        assert is_refused(run_tocsin("plan", "sign", valid, "--key", path, *more), 2, message)
