"""Keys from the shell, a plan that is signed with one, and a log that takes only such plans."""

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
    """A new key: its file, and the public half."""
    path = folder / f"{name}.pem"
    done = run_tocsin("keys", "new", path, "--json")
    assert done.code == 0, done
    return path, done.result["key"]


def plan_file(folder: Path, more: str = "") -> Path:
    path = folder / "plan.toml"
    path.write_text(plan_toml() + more)
    return path


def signed_plan(folder: Path, key: Path, *more: str) -> bytes:
    """The record of a plan, signed."""
    words = ("--key", str(key), "--known-at", "2020-01-01T12:00:00Z", *more)
    done = run_tocsin("plan", "sign", folder / "plan.toml", *words)
    assert done.code == 0, done
    return done.stdout.strip().encode()


def test_a_new_key_is_its_owners_alone(tmp_path: Path):
    """Whatever the umask; what is printed is a line for the plan, and `show` prints it again."""
    path = tmp_path / "ann.pem"
    umask = os.umask(0)
    try:
        made = run_tocsin("keys", "new", path)
    finally:
        os.umask(umask)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (
        made.stdout.startswith('key = "') and made.stdout == run_tocsin("keys", "show", path).stdout
    )
    assert "PRIVATE" not in made.stdout + made.stderr
    assert (
        run_tocsin("check", plan_file(tmp_path, f'[[board]]\nmember = "ann"\n{made.stdout}')).code
        == 0
    )


def test_a_key_is_never_written_over(tmp_path: Path):
    """What it signed could never be shown to be its owner's again."""
    path, public = make_key(tmp_path)

    assert is_refused(run_tocsin("keys", "new", path), 2, "exists already")
    assert run_tocsin("keys", "show", path, "--json").result["key"] == public
    assert is_refused(run_tocsin("keys", "new", tmp_path / "none" / "key"), 2, "cannot be written")


def test_a_key_that_others_may_read_signs_nothing(tmp_path: Path):
    """It says what to type; a file that is no key, or of another kind, is named."""
    path, _ = make_key(tmp_path)
    path.chmod(0o640)
    assert is_refused(run_tocsin("keys", "show", path), 2, "may be read by others", "chmod 600")
    path.chmod(0o600)
    path.write_text("nonsense")
    assert is_refused(run_tocsin("keys", "show", path), 2, "holds no key", "tocsin keys new")
    assert is_refused(run_tocsin("keys", "show", tmp_path / "none"), 2, "cannot be read")


def test_a_signed_plan_opens_the_study(tmp_path: Path):
    """It is the first line of a log, and its signature is of what it says."""
    path, _ = make_key(tmp_path)
    plan_file(tmp_path)
    line = signed_plan(tmp_path, path)

    assert is_signed_by(signed_content_of(json.loads(line)), load_key(path).public_key)
    log = write_log(tmp_path, [line, *small_log()[1:]])
    done = run_tocsin("replay", log, "--json", "--strict")
    assert done.code == 0 and done.result["study"] == "S"


def test_a_replay_with_keys_takes_only_their_plans(tmp_path: Path):
    """An unsigned log, or one that another has signed, opens no study; why is said."""
    path, public = make_key(tmp_path)
    other, _ = make_key(tmp_path, "other")
    keys = tmp_path / "keys"
    keys.write_text(f"# the sponsor's office\n\n{public}  # 2020\n")
    plan_file(tmp_path)
    rest = small_log()[1:]

    good = run_tocsin(
        "replay", write_log(tmp_path, [signed_plan(tmp_path, path), *rest]), "--keys", keys
    )
    assert good.code == 0
    keys.write_text(run_tocsin("keys", "show", path).stdout)
    again = run_tocsin(
        "replay", write_log(tmp_path, [signed_plan(tmp_path, path), *rest]), "--keys", keys
    )
    assert again.code == 0, "the line is taken as it was printed"
    none = run_tocsin("replay", write_log(tmp_path, small_log()), "--keys", keys)
    assert is_refused(none, 3, "There is no signature on the plan", "tocsin plan sign")
    bad = run_tocsin(
        "replay", write_log(tmp_path, [signed_plan(tmp_path, other), *rest]), "--keys", keys
    )
    assert is_refused(bad, 3, "No key that counts here", "TOCSIN_PLAN_KEYS_FILE")


def test_a_forged_review_in_a_log_is_named(tmp_path: Path):
    """Line, reason and remedy, as for any record that is not included."""
    path, public = make_key(tmp_path, "ann")
    plan_file(tmp_path, f'[[board]]\nmember = "ann"\nkey = "{public}"\n')
    lines = [
        signed_plan(tmp_path, path),
        treatment_record("A"),
        clot_record("A", "2020-01-20"),
        review(),
    ]

    done = run_tocsin("replay", write_log(tmp_path, lines), "--strict")

    assert is_refused(done, 3, "line 4", "There is no signature on the review")


def test_a_file_of_keys_says_what_is_wrong_with_it(tmp_path: Path):
    """Empty, it would take no plan at all; a line that is no key is named by its number."""
    keys, log = tmp_path / "keys", write_log(tmp_path, small_log())
    for text, says in (("# none\n", "holds no key"), ("abc\n", "line 1"), ("é", "not a list")):
        keys.write_text(text)
        assert is_refused(run_tocsin("replay", log, "--keys", keys), 2, says)
    assert is_refused(run_tocsin("replay", log, "--keys", tmp_path / "none"), 2, "cannot be read")


def test_a_plan_that_is_wrong_is_not_signed(tmp_path: Path):
    """The complaint is that of `tocsin check`; nor is one signed under no name or no version."""
    path, _ = make_key(tmp_path)
    wrong = plan_file(tmp_path, "[nonsense]\n")
    assert is_refused(run_tocsin("plan", "sign", wrong, "--key", path), 2, "nonsense: is not known")
    right = plan_file(tmp_path)
    for more, says in (
        (("--source", "sponsor"), "sponsor/plan"),
        (("--version", "0"), "Workers would refuse this record"),
        (("--known-at", "yesterday"), "Workers would refuse this record"),
    ):
        assert is_refused(run_tocsin("plan", "sign", right, "--key", path, *more), 2, says)
