"""Reads the mapping that a command names, and the study that it names."""

from __future__ import annotations

import sys
from pathlib import Path

from streams.sources.mapping.mapping import StudyMapping
from streams.sources.report import UnreadableSource
from tocsin.common.exits import Exit, Stop
from tocsin.common.terminal import printable


def read_mapping_file(path: Path) -> StudyMapping:
    """Return the mapping in the file at *path*; raise Stop where it cannot be used."""
    try:
        return StudyMapping.read(path)
    except UnreadableSource as error:
        raise Stop(Exit.USAGE, f"{error}.") from None


def study_name(study: str | None, mapping: StudyMapping) -> str:
    """Return *study*, or else the name in *mapping*; raise Stop where neither has one."""
    name = study or mapping.study
    if name is None:
        raise Stop(Exit.USAGE, "the study has no name: give --study, or `study` in the mapping.")
    if mapping.study not in (None, name):
        print(
            f"note: the mapping names study {printable(mapping.study)}; the records bear"
            f" {printable(name)}",
            file=sys.stderr,
        )
    return name
