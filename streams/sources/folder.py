"""Finds the data sets of a study in a folder, one file each, whichever of the formats it is in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from streams.sources.detect import identify
from streams.sources.report import UnreadableSource
from streams.sources.table import Table, open_table

SUFFIXES = frozenset({".xpt", ".sas7bdat", ".json", ".ndjson"})
"""Names of files that hold a data set end with one of these, in any case."""

_FILES_LOOKED_AT = 50


def open_tables(
    folder: Path, names: Iterable[str], encoding: str | None = None
) -> dict[str, Table]:
    """Return the data sets of *folder* whose files bear one of *names*, such as ae.xpt for "AE".

    Files that are missing are left out; `missing_tables` says what is there instead.  Raises
    `UnreadableSource` where *folder* is none, two files bear one name, or one cannot be read.
    """
    found: dict[str, Path] = {}
    wanted = set(names)
    for path in _data_files(folder):
        name = path.stem.upper()
        if name not in wanted:
            continue
        if name in found:
            raise UnreadableSource(
                f"{folder} has two files for {name}, {found[name].name} and {path.name}: leave the"
                " one to read"
            )
        found[name] = path
    return {name: open_table(path, encoding) for name, path in found.items()}


def missing_tables(folder: Path, names: Iterable[str]) -> UnreadableSource:
    """Return the error that *folder* has no files for *names*, with what it holds instead."""
    files = ", ".join(f"{name.lower()}.xpt" for name in names)
    return UnreadableSource(
        f"{folder} has no {files} (or .sas7bdat, .json, .ndjson): give the folder that has the"
        f" study's data sets side by side{_what_it_holds(folder)}"
    )


def holds_table(folder: Path, name: str) -> bool:
    """Whether *folder* is a folder with a file for the data set *name*."""
    return folder.is_dir() and name in {path.stem.upper() for path in _data_files(folder)}


def _what_it_holds(folder: Path) -> str:
    for name, command in (("DM", "sdtm"), ("ADSL", "adam")):
        if holds_table(folder, name):
            return f"; it has {name}: tocsin ingest {command}"
    kinds = Counter(filter(None, map(identify, _files(folder)[:_FILES_LOOKED_AT])))
    return "".join(f"; in it, {kind.sentence}" for kind, _ in kinds.most_common(1))


def _data_files(folder: Path) -> list[Path]:
    return [path for path in _files(folder) if path.suffix.lower() in SUFFIXES]


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        kind = identify(folder)
        what = f"; {kind.sentence}" if kind else ""
        raise UnreadableSource(
            f"{folder} is not a folder: give the folder that holds the study's data sets{what}"
        )
    return sorted(path for path in folder.iterdir() if path.is_file())
