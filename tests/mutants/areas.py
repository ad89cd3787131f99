"""The areas of the product in which mutants are made, and the tests of a file, narrowest first."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.mutants.coverage_map import CoverageMap, covering_tests


@dataclass(frozen=True, slots=True)
class Area:
    """A folder of the product, and where its tests stand, from the narrowest to the widest."""

    folder: str
    tests: tuple[str, ...]


AREAS = {
    "monitor": Area(
        "monitor", ("monitor", "alerts", "independent", "streams/processor", "scenarios")
    ),
    "alerts": Area("alerts", ("alerts", "monitor", "streams/delivery", "streams", "scenarios")),
    "processor": Area(
        "streams/processor",
        ("streams/processor", "streams/worker", "simulation", "contract/test_store_", "contract"),
    ),
    "store": Area(
        "streams/store",
        ("streams/store", "contract/test_store", "streams/processor", "streams/worker", "contract"),
    ),
    "delivery": Area(
        "streams/delivery", ("streams/delivery", "streams/metrics", "contract/test_deliver")
    ),
    "commands": Area("tocsin/commands", ("scenarios", "contract")),
}
"""By name; a test folder is named below ``tests``, or by the beginning of its files' names."""


def area_files(tree: Path, area: str) -> Iterator[str]:
    """Yield the paths, relative to *tree*, of the Python files of *area* in order."""
    for path in sorted((tree / AREAS[area].folder).rglob("*.py")):
        yield path.relative_to(tree).as_posix()


def area_of(path: str) -> str:
    """The name of the area that has the file *path*."""
    return next(name for name, area in AREAS.items() if path.startswith(f"{area.folder}/"))


def chosen_tests(tree: Path, path: str, line: int, found: CoverageMap | None) -> list[str]:
    """The test files to run for a mutant at *line* of *path*, narrowest first.

    Of those that the map *found* knows, only such as run the line; of equal width, the shortest
    first.  Without a map, and for files that it does not know, the width alone decides.
    """
    ranked = ranked_tests(tree, path)
    covering = covering_tests(found, path, line) if found else None
    if found is None or not covering:
        return ranked
    seconds = found["seconds"]
    narrow = sorted(covering, key=lambda test: (narrowness(tree, test, path)[:2], seconds[test]))
    return [*narrow, *(test for test in ranked if test not in seconds)]


def ranked_tests(tree: Path, path: str) -> list[str]:
    """The test files to run for a mutant of *path*, narrowest first.

    First those with its name, in the folder that mirrors its own; then the rest of that folder;
    then those that import it; then the folders of the area, in order.
    """
    folders = AREAS[area_of(path)].tests
    found = {
        test: rank
        for rank, folder in reversed([*enumerate(folders)])
        for test in files_below(tree, folder)
    }
    ranked = {test: (*narrowness(tree, test, path), rank) for test, rank in found.items()}
    return sorted(ranked, key=lambda test: (ranked[test], test))


@cache
def files_below(tree: Path, folder: str) -> tuple[str, ...]:
    """The test files of *tree* whose path below ``tests`` begins with *folder*."""
    paths = (path.relative_to(tree).as_posix() for path in (tree / "tests").rglob("test_*.py"))
    return tuple(path for path in sorted(paths) if path.startswith(f"tests/{folder}"))


def narrowness(tree: Path, test: str, path: str) -> tuple[bool, bool, bool]:
    """The sort key of the file *test* for *path*: name, mirrored folder, import; False is first."""
    stem = Path(path).stem
    named = stem in Path(test).stem
    is_command = path.startswith(AREAS["commands"].folder)
    mirrored = test.startswith(f"tests/{Path(path).parent.as_posix()}/")
    imports = path.removesuffix(".py").replace("/", ".") in imported_modules(tree, test)
    return not (named and (mirrored or imports or is_command)), not mirrored, not imports


@cache
def imported_modules(tree: Path, test: str) -> frozenset[str]:
    """The modules that the file *test* imports names from."""
    nodes = ast.walk(ast.parse((tree / test).read_text()))
    return frozenset(
        node.module for node in nodes if isinstance(node, ast.ImportFrom) if node.module
    )
