"""Reads the tree as text and as syntax, so that a rule about code can be a test."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path, PurePosixPath

from tests.paths import ROOT

MADE_BY_TOOLS = {
    ".git", ".hypothesis", ".pytest_cache", ".ruff_cache", ".secrets", ".services", ".venv",
    "__pycache__", "build", "dist",
}  # fmt: skip

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One Python file: where it lies in the tree, and what it says."""

    path: PurePosixPath
    text: str

    @cached_property
    def module(self) -> str:
        """Its dotted name; a package is named without `__init__`."""
        parts = self.path.with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax."""
        return ast.parse(self.text, str(self.path))

    @cached_property
    def functions(self) -> list[Function]:
        """Every function in it, methods and inner ones too."""
        return [node for node in ast.walk(self.tree) if isinstance(node, Function)]

    @cached_property
    def imports(self) -> set[str]:
        """The dotted name of everything it imports, wherever in the file it does so."""
        return {name for node in ast.walk(self.tree) for name in imported_names(node, self)}


def imported_names(node: ast.AST, source: Source) -> Iterator[str]:
    """What *node* imports, with the names taken from a module as parts of it."""
    match node:
        case ast.Import(names=names):
            yield from (alias.name for alias in names)
        case ast.ImportFrom(module=module, names=names, level=level):
            base = [*package(source, level), *([module] if module else [])]
            yield from (".".join([*base, alias.name]) for alias in names)
        case _:
            pass


def package(source: Source, level: int) -> list[str]:
    """The package that *level* leading dots stand for; none for an absolute import."""
    folders = source.path.parts[:-1]
    return list(folders[: len(folders) - level + 1]) if level else []


@cache
def tree_files() -> list[Path]:
    """Every file of the tree that a commit could hold."""
    found: list[Path] = []
    for folder, inner, names in os.walk(ROOT):
        inner[:] = set(inner) - MADE_BY_TOOLS  # In place: what is taken out is not walked.
        found += (Path(folder, name) for name in names)
    return sorted(found)


@cache
def sources() -> list[Source]:
    """Every Python file of the tree."""
    return [read_source(path) for path in tree_files() if path.suffix == ".py"]


def read_source(path: Path) -> Source:
    """The Python file at *path*."""
    return Source(PurePosixPath(path.relative_to(ROOT)), path.read_text(encoding="utf-8"))
