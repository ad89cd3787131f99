"""Holds the files around the code: the lock, the addresses, the interpreter."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.paths import ROOT
from tests.sources import tree_files

PIN = re.compile(
    r"(?P<name>[a-z0-9-]+)==(?P<version>\S+)(?: ; (?P<where>[^\\\n]+?))?"
    r"(?: \\\n    --hash=sha256:[0-9a-f]{64})+\n"
)
"""A package of the lock: its name, its version, where it is needed, and at least one hash."""

REGISTRY = re.compile(
    r"pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|crates\.io|proxy\.golang\.org"
    r"|repo1?\.maven\.|deb\.debian\.org"
)
MACHINE_PATH = re.compile(r"(?<![\w.~-])/(?:work|root|home|Users)/\w")
"""A folder of the machine on which somebody wrote the line."""

OPTIMISED = re.compile(r"PYTHONOPTIMIZE|python3?\S* (?:-\w+ )*-OO?\b")


def lock_text() -> str:
    """The committed choice of versions."""
    return (ROOT / "requirements.lock").read_text()


def requirements() -> list[Requirement]:
    """What the product, its extras and its developers ask for."""
    tables = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project = tables["project"]
    lists = [project["dependencies"], *project["optional-dependencies"].values()]
    lists += [tables["build-system"]["requires"], *tables["dependency-groups"].values()]
    return [Requirement(line) for one in lists for line in one]


def matches_in_tree(rule: re.Pattern[str]) -> list[str]:
    """Where in the tree, file and line, *rule* finds something."""
    return [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tree_files()
        for number, line in enumerate(file_text(path).splitlines(), start=1)
        if rule.search(line)
    ]


def file_text(path: Path) -> str:
    """What the file at *path* says; bytes that are no text say nothing."""
    return path.read_bytes().decode("utf-8", errors="replace")


def test_the_lock_is_names_versions_and_hashes():
    """Nothing in it is an address, so it installs from wherever a hospital keeps its packages."""
    assert PIN.sub("", lock_text()) == ""


def test_the_lock_holds_what_the_project_asks_for():
    """A range that moved without the lock would install what nobody tested."""
    pins = {pin["name"]: pin["version"] for pin in PIN.finditer(lock_text())}
    unmet = [
        str(one)
        for one in requirements()
        if not one.specifier.contains(pins.get(canonicalize_name(one.name), "0"))
    ]

    assert unmet == []


def test_no_file_names_a_registry():
    """Where packages come from is the business of the machine that installs them."""
    assert matches_in_tree(REGISTRY) == []


def test_no_file_names_a_folder_of_one_machine():
    """A path that exists on one machine is a promise broken on every other."""
    assert matches_in_tree(MACHINE_PATH) == []


def test_the_marker_of_campaigns_names_the_targets_that_run_them():
    """Who reads `pytest --markers` finds each of them, and none that runs something else."""
    tables = tomllib.loads((ROOT / "pyproject.toml").read_text())
    markers: list[str] = tables["tool"]["pytest"]["ini_options"]["markers"]
    (said,) = [each for each in markers if each.startswith("campaign:")]
    there = re.findall(r"^(\w+):.*\n\t.*-m campaign", (ROOT / "Makefile").read_text(), re.M)

    assert re.findall(r"`make (\w+)`", said) == there != []


def test_assertions_are_on():
    """An invariant that is not checked is a hope: nothing here runs the interpreter with `-O`."""
    if not __debug__:
        pytest.fail("assertions are off: run Python without -O and without PYTHONOPTIMIZE")
    this = Path(__file__).relative_to(ROOT)

    assert [where for where in matches_in_tree(OPTIMISED) if not where.startswith(f"{this}:")] == []
