"""Reads the domains of a study from SAS transport files, as rows of plain text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from monitor.errors import MonitorError

Row = Mapping[str, str]
"""One observation: every variable as text, and ``""`` where it has no value."""

BLOCK_BYTES = 80
"""A transport file consists of blocks of this length; another file size means it is truncated."""

ENCODINGS = ("UTF-8", "WINDOWS-1252")
"""Tried in this order: a transport file does not name the encoding in which SAS wrote it."""

REQUIRED = {
    "DM": ("USUBJID", "ARM", "RFXSTDTC", "RFENDTC"),
    "AE": ("USUBJID", "AESEQ", "AEDECOD", "AEBODSYS", "AESTDTC"),
    "EX": ("USUBJID", "EXSEQ", "EXSTDTC", "EXENDTC"),
    "DS": ("USUBJID", "DSDECOD", "DSCAT", "DSSTDTC"),
}
"""The domains that are read, and the variables that each must have."""


class UnreadableStudy(MonitorError):
    """A folder does not hold what an ingest needs; the message names the problem and the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tabulation:
    """The four domains of one study, with rows in the order of their files."""

    dm: Sequence[Row]
    ae: Sequence[Row]
    ex: Sequence[Row]
    ds: Sequence[Row]


def read_tabulation(directory: Path) -> Tabulation:
    """Return the domains DM, AE, EX and DS from the transport files in *directory*.

    Raises `UnreadableStudy` where a domain, a required variable or pyreadstat is missing, a file
    cannot be read, or DM has two rows for one subject.
    """
    files = _transport_files(directory)
    missing = sorted(set(REQUIRED) - set(files))
    if missing:
        file_names = ", ".join(f"{domain.lower()}.xpt" for domain in missing)
        raise UnreadableStudy(
            f"{directory} has no {file_names}: give the folder that holds the study's SDTM"
            " tabulation (dm.xpt, ae.xpt, ex.xpt and ds.xpt side by side)"
        )
    domains = {domain.lower(): _read_domain(files[domain], domain) for domain in REQUIRED}
    _check_one_row_per_subject(domains["dm"], files["DM"])
    return Tabulation(**domains)


def _transport_files(directory: Path) -> dict[str, Path]:
    if not directory.is_dir():
        raise UnreadableStudy(
            f"{directory} is not a folder: give the folder that holds dm.xpt, not a file in it"
        )
    found = [path for path in sorted(directory.iterdir()) if path.suffix.lower() == ".xpt"]
    return {path.stem.upper(): path for path in found}


def _read_domain(path: Path, domain: str) -> list[Row]:
    if path.stat().st_size % BLOCK_BYTES:
        raise UnreadableStudy(
            f"{path} is cut short: its size is no multiple of {BLOCK_BYTES} bytes; copy it again"
        )
    columns = _read_columns(path)
    absent = [name for name in REQUIRED[domain] if name not in columns]
    if absent:
        raise UnreadableStudy(
            f"{path} has no variable {', '.join(absent)}, which domain {domain} needs: export"
            " the domain again by SDTMIG 3.1.3 or later, or check that it is SDTM and not ADaM"
        )
    texts = [[_text(value) for value in column] for column in columns.values()]
    return [dict(zip(columns, row, strict=True)) for row in zip(*texts, strict=True)]


def _read_columns(path: Path) -> dict[str, list[object]]:
    try:
        reader = import_module("pyreadstat")
    except ImportError as error:
        raise UnreadableStudy(
            "reading transport files needs pyreadstat: pip install 'tocsin[clinical]'"
        ) from error
    for encoding in ENCODINGS:
        try:
            # Dictionaries need no data frame library.
            data, _ = reader.read_xport(str(path), encoding=encoding, output_format="dict")
        except UnicodeDecodeError:
            continue
        except (reader.ReadstatError, reader.PyreadstatError) as error:
            if "encoding" in str(error):
                continue
            raise UnreadableStudy(
                f"{path} is not a SAS transport file ({error}): copy it again in binary mode,"
                " and check that it is an .xpt of version 5 or 8"
            ) from error
        return {str(name): list(column) for name, column in dict(data).items()}
    raise UnreadableStudy(f"{path} is neither {' nor '.join(ENCODINGS)}: export it as UTF-8")


def _text(value: object) -> str:
    """Return *value* as text, whole numbers without a fraction: the files store only floats."""
    if value is None or value != value:  # A missing number is a NaN, which differs from itself.
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _check_one_row_per_subject(dm: Sequence[Row], path: Path) -> None:
    seen: set[str] = set()
    for row in dm:
        if row["USUBJID"] in seen:
            raise UnreadableStudy(
                f"{path} has two rows for subject {row['USUBJID']}: DM holds one row a subject;"
                " remove the other"
            )
        seen.add(row["USUBJID"])
