"""``tocsin ingest adam``: converts ADSL and ADAE of an ADaM package to a log."""

from __future__ import annotations

from pathlib import Path

from streams.sources.adam import AdamReader
from tocsin.commands.ingest_tables import TableOptions, ingest_tables


def ingest_adam(folder: Path, /, *, options: TableOptions) -> None:
    """Convert ADSL and ADAE to records; TRTEMFL is compared with what the rules count.

    Exit codes: 0 done, 2 a flag or a file name is invalid, 3 a row or a file is refused and nothing
    is written, 4 the broker does not answer.

    Parameters
    ----------
    folder
        Folder with adsl.xpt and adae.xpt, or the two as .sas7bdat, .json or .ndjson.
    """
    ingest_tables(AdamReader, folder, options)
