"""Checks the compiled build: what it names exists, it is off by default, and it fails loudly."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path, PurePath
from typing import Any

from packaging.requirements import Requirement

from tests.paths import ROOT
from tests.test_house import PIN
from tocsin.common.version import version_line


def hook() -> dict[str, Any]:
    """The settings of the build hook that compiles."""
    tables = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return tables["tool"]["hatch"]["build"]["targets"]["wheel"]["hooks"]["mypyc"]


def run_make(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `make`, with *environment* added; `.venv` is used as it is."""
    return subprocess.run(
        ["make", "--assume-old=.venv/installed", *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_path_that_the_hook_names_exists():
    """A module that moves would be compiled although it is excluded, or no longer be compiled."""
    patterns = [*hook()["include"], *hook()["exclude"]]

    assert all(list(ROOT.glob(each.lstrip("/"))) for each in patterns if each.startswith("/"))
    assert any(each.startswith("/") for each in hook()["exclude"])


def test_a_plain_build_and_the_checkout_are_pure_python():
    """A machine without a compiler builds; no compiled module hides a source that is edited."""
    assert hook()["enable-by-default"] is False
    assert version_line() == f"{version('tocsin')} (pure Python)"


def test_the_lock_of_the_image_holds_what_the_hook_needs():
    """The image is built without build isolation, so nothing else would install the compiler."""
    text = (ROOT / "deploy" / "build.lock").read_text()
    pins = {pin["name"]: pin["version"] for pin in PIN.finditer(text)}
    needed = [Requirement(each) for each in hook()["dependencies"]]

    assert all(each.specifier.contains(pins[each.name]) for each in needed)


def test_without_a_compiler_the_target_says_what_to_do():
    """A page of errors of setuptools would not name the package that needs no compiler."""
    run = run_make("compiled", CC="no-such-compiler")

    assert run.returncode == 2
    assert "no C compiler (no-such-compiler): install gcc, or use the pure" in run.stderr


TRANSLATE = """
import sys
from mypyc.build import mypycify

mypycify([*sys.argv[2].split(), *sys.argv[3].split()], group_name="tocsin", target_dir=sys.argv[1])
"""


def test_the_compiler_translates_every_source(tmp_path: Path):
    """`make compiled` takes minutes of gcc; what mypyc refuses, it refuses before it writes C."""
    names = {
        path.relative_to(ROOT).as_posix()
        for pattern in hook()["include"]
        for path in ROOT.glob(pattern.lstrip("/"))
    }
    excluded = tuple(each.lstrip("/") for each in hook()["exclude"])
    chosen = [name for name in names if not any(PurePath(name).match(each) for each in excluded)]

    arguments = hook()["mypy-args"]

    run = subprocess.run(
        [sys.executable, "-c", TRANSLATE, tmp_path, shlex.join(arguments), " ".join(chosen)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stdout + run.stderr
    assert len(chosen) > 50
    assert [path.name for path in tmp_path.rglob("*.c")]
