"""Reads the source tree as text and as syntax trees, so that a test can check a coding rule."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path, PurePosixPath

from tests.paths import ROOT

SKIPPED_FOLDERS = {
    ".git", ".hypothesis", ".pytest_cache", ".ruff_cache", ".secrets", ".services", ".venv",
    ".venv-compiled", "__pycache__", "build", "dist",
}  # fmt: skip

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One Python file: its path relative to the root, and its text."""

    path: PurePosixPath
    text: str

    @cached_property
    def module(self) -> str:
        """Its dotted module name; a package is named without `__init__`."""
        parts = self.path.with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax tree."""
        return ast.parse(self.text, str(self.path))

    @cached_property
    def functions(self) -> list[Function]:
        """All its functions, including methods and nested functions."""
        return [node for node in ast.walk(self.tree) if isinstance(node, Function)]

    @cached_property
    def imports(self) -> set[str]:
        """The dotted names of all its imports, including those inside functions."""
        return {name for node in ast.walk(self.tree) for name in imported_names(node, self)}


def imported_names(node: ast.AST, source: Source) -> Iterator[str]:
    """The dotted names that *node* imports; a name from a module is appended to the module."""
    match node:
        case ast.Import(names=names):
            yield from (alias.name for alias in names)
        case ast.ImportFrom(module=module, names=names, level=level):
            base = [*package(source, level), *([module] if module else [])]
            yield from (".".join([*base, alias.name]) for alias in names)
        case _:
            pass


def package(source: Source, level: int) -> list[str]:
    """The package to which *level* leading dots refer; empty for an absolute import."""
    folders = source.path.parts[:-1]
    return list(folders[: len(folders) - level + 1]) if level else []


@cache
def tree_files() -> list[Path]:
    """Every file of the tree that a commit could contain."""
    files: list[Path] = []
    for folder, inner, names in os.walk(ROOT):
        inner[:] = set(inner) - SKIPPED_FOLDERS  # In place: `os.walk` skips these.
        files += (Path(folder, name) for name in names)
    return sorted(files)


@cache
def sources() -> list[Source]:
    """Every Python file of the tree."""
    return [read_source(path) for path in tree_files() if path.suffix == ".py"]


def read_source(path: Path) -> Source:
    """The Python file at *path*."""
    return Source(PurePosixPath(path.relative_to(ROOT)), path.read_text(encoding="utf-8"))
