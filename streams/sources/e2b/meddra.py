"""Finds the preferred term of a MedDRA code, in a distribution that the user is licensed to use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from streams.sources.report import UnreadableSource


class Terms(dict[str, tuple[str, str]]):
    """Preferred term and primary system organ class by the code of a lowest level term."""


def read_meddra(folder: Path) -> Terms:
    """Return the terms of the distribution in *folder*: llt.asc and mdhier.asc.

    Lowest level terms that are not current are in it: old reports have them.
    """
    names = {
        code: (term, organ_class)
        for code, term, organ_class, primary in _columns(folder / "mdhier.asc", 0, 4, 7, 11)
        if primary == "Y"
    }
    preferred = _columns(folder / "llt.asc", 0, 2)
    return Terms({low: names[code] for low, code in preferred if code in names})


def _columns(path: Path, *columns: int) -> Iterator[tuple[str, ...]]:
    try:
        with path.open(encoding="utf-8", errors="replace") as lines:
            for number, line in enumerate(lines, start=1):
                fields = line.rstrip("\n").split("$")
                if len(fields) <= max(columns):
                    raise UnreadableSource(
                        f"{path}, line {number}: too few columns; give the folder MedAscii of a"
                        " MedDRA distribution"
                    )
                yield tuple(fields[column].strip() for column in columns)
    except OSError as error:
        raise UnreadableSource(
            f"{path} cannot be read: {error.strerror}; give the folder MedAscii of a MedDRA"
            " distribution"
        ) from error
