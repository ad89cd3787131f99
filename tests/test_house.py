"""Checks files for unpinned packages, registry addresses, machine paths and `python -O`."""

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
"""A package of the lock: name, version, environment marker and at least one hash."""

REGISTRY = re.compile(
    r"pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|crates\.io|proxy\.golang\.org"
    r"|repo1?\.maven\.|deb\.debian\.org"
)
MACHINE_PATH = re.compile(r"(?<![\w.~-])/(?:work|root|home|Users)/\w")
"""An absolute path into a home or work folder of one machine."""

OPTIMISED = re.compile(r"PYTHONOPTIMIZE|python3?\S* (?:-\w+ )*-OO?\b")


def lock_text() -> str:
    """The text of the committed lock file."""
    return (ROOT / "requirements.lock").read_text()


def requirements() -> list[Requirement]:
    """The requirements of the product, its extras, its build and its developers."""
    tables = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project = tables["project"]
    lists = [project["dependencies"], *project["optional-dependencies"].values()]
    lists += [tables["build-system"]["requires"], *tables["dependency-groups"].values()]
    return [Requirement(line) for one in lists for line in one]


def matches_in_tree(rule: re.Pattern[str]) -> list[str]:
    """The places in the tree, as file and line, at which *rule* matches."""
    return [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tree_files()
        for number, line in enumerate(file_text(path).splitlines(), start=1)
        if rule.search(line)
    ]


def file_text(path: Path) -> str:
    """The text of the file at *path*; bytes that are not UTF-8 are replaced."""
    return path.read_bytes().decode("utf-8", errors="replace")


def test_the_lock_holds_only_names_versions_and_hashes():
    """The lock holds no address, so it installs from whichever index a hospital uses."""
    assert PIN.sub("", lock_text()) == ""


def test_the_lock_satisfies_every_requirement():
    """A version range that changes without the lock would install an untested version."""
    pins = {pin["name"]: pin["version"] for pin in PIN.finditer(lock_text())}
    unmet = [
        str(one)
        for one in requirements()
        if not one.specifier.contains(pins.get(canonicalize_name(one.name), "0"))
    ]

    assert unmet == []


def test_no_file_names_a_registry():
    """The machine that installs the packages chooses the registry."""
    assert matches_in_tree(REGISTRY) == []


def test_no_file_names_a_folder_of_one_machine():
    """A path of one machine does not exist on another."""
    assert matches_in_tree(MACHINE_PATH) == []


def test_the_campaign_marker_names_the_targets_that_run_campaigns():
    """`pytest --markers` lists every make target that runs campaigns, and no other target."""
    tables = tomllib.loads((ROOT / "pyproject.toml").read_text())
    markers: list[str] = tables["tool"]["pytest"]["ini_options"]["markers"]
    (description,) = [each for each in markers if each.startswith("campaign:")]
    targets = re.findall(r"^(\w+):.*\n\t.*-m campaign", (ROOT / "Makefile").read_text(), re.M)

    assert re.findall(r"`make (\w+)`", description) == targets != []


def test_no_file_disables_assertions():
    """No file runs the interpreter with `-O`, which would disable the invariant checks."""
    if not __debug__:
        pytest.fail("assertions are off: run Python without -O and without PYTHONOPTIMIZE")
    this_file = Path(__file__).relative_to(ROOT)
    places = matches_in_tree(OPTIMISED)

    assert [each for each in places if not each.startswith(f"{this_file}:")] == []
