"""Holds the documents to the tree: every path, link, command and target they name exists."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from tests.paths import ROOT
from tests.sources import tree_files
from tocsin.__main__ import app

FOLDERS = "alerts|benchmarks|board|deploy|docs|monitor|schemas|streams|studies|tests|tocsin"
NAMED_PATH = re.compile(rf"(?<![\w/.:-])(?:{FOLDERS})/[\w./-]*\w")
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")
COMMAND = re.compile(r"(?:^|`|&& |\$ )tocsin ([a-z]+)(?: ([a-z0-9-]+))?", re.MULTILINE)
TARGET = re.compile(r"(?:^|`)make ([a-z-]+)", re.MULTILINE)

MADE = {"docs/replay.svg"}
"""Named before it is made."""


@cache
def documents() -> list[Path]:
    """Every Markdown file of the tree, but for the measurements and the history."""
    beside = {"CHANGELOG.md", "RESULTS.md", "LIVE.md"}
    return [path for path in tree_files() if path.suffix == ".md" and path.name not in beside]


@cache
def commands() -> dict[str, set[str]]:
    """The commands of `tocsin`, each with its own commands."""
    names = [name for name in app if not name.startswith("-")]
    return {name: {inner for inner in app[name] if not inner.startswith("-")} for name in names}


def text_of(document: Path) -> str:
    """The text of *document*, without the list of retired names: they are of the past."""
    return document.read_text().partition("## Retired names")[0]


def missing_paths(document: Path) -> set[str]:
    """The paths named in *document* that are neither a file nor a folder."""
    named = {each.rstrip(".") for each in NAMED_PATH.findall(text_of(document))}
    return {each for each in named - MADE if not exists(each)}


def exists(path: str) -> bool:
    """Whether *path* is in the tree, as it is or as a module."""
    return (ROOT / path).exists() or (ROOT / f"{path}.py").exists()


def missing_links(document: Path) -> set[str]:
    """The relative links of *document* that lead nowhere."""
    links = set(LINK.findall(document.read_text()))
    return {each for each in links if not (document.parent / each).exists()}


def missing_commands(document: Path) -> set[str]:
    """The commands in *document* that `tocsin` does not have."""
    found: set[str] = set()
    for name, inner in COMMAND.findall(text_of(document)):
        if name not in commands():
            found.add(name)
        elif inner and commands()[name] and inner not in commands()[name]:
            found.add(f"{name} {inner}")
    return found


@cache
def targets() -> set[str]:
    """The targets of the Makefile."""
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_document_names_only_what_exists(document: Path):
    """A reader who follows a path, a link or a command arrives."""
    unknown_targets = set(TARGET.findall(text_of(document))) - targets()

    assert missing_paths(document) == set()
    assert missing_links(document) == set()
    assert missing_commands(document) == set()
    assert unknown_targets == set()


def test_the_rules_see_a_path_a_link_and_a_command_that_are_gone(tmp_path: Path):
    """A rule that nothing breaks is a rule that looks away."""
    page = tmp_path / "page.md"
    page.write_text("`streams/lane/lane.py`, [x](gone.md), `tocsin ring`, `tocsin alerts ring`\n")

    assert missing_paths(page) == {"streams/lane/lane.py"}
    assert missing_links(page) == {"gone.md"}
    assert missing_commands(page) == {"ring", "alerts ring"}
