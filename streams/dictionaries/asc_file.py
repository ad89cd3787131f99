"""Reads the ASCII files of a MedDRA distribution: fields between dollar signs, never quoted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from streams.sources.report import UnreadableSource

SEPARATOR = "$"
ASK_FOR_FILES = "Give the folder of the ASCII files of your licensed MedDRA release."


class AscRow(NamedTuple):
    """One line of a file: its number, counted from 1, and its fields."""

    line: int
    fields: list[str]


def read_asc(folder: Path, name: str, fields_min: int) -> Iterator[AscRow]:
    """Yield the rows of the file *name* in *folder*, each of at least *fields_min* fields.

    Lines may end with a dollar sign.  Quotation marks, apostrophes and number signs are parts of
    names.  Raises UnreadableSource where the file is missing, is not UTF-8 or has another form.
    """
    path = folder / name
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        reason = f"{path} cannot be read: {error.strerror}."
        raise UnreadableSource(f"{reason} {ASK_FOR_FILES}") from None
    except UnicodeDecodeError as error:
        raise UnreadableSource(
            f"{path} is not UTF-8 (byte {error.start}). {ASK_FOR_FILES}"
        ) from None
    for number, line in enumerate(text.split("\n"), 1):
        line = line.removesuffix("\r")
        if not line.strip():
            continue
        fields = [field.strip() for field in line.split(SEPARATOR)]
        if len(fields) < fields_min:
            reason = f"{path}, line {number}: {len(fields)} fields, not {fields_min}."
            raise UnreadableSource(f"{reason} {ASK_FOR_FILES}")
        yield AscRow(number, fields)
