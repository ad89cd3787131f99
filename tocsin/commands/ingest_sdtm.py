"""``tocsin ingest sdtm``: converts an SDTM tabulation to a log."""

from __future__ import annotations

from pathlib import Path

from streams.sources.sdtm import SdtmReader
from tocsin.commands.ingest_tables import TableOptions, ingest_tables


def ingest_sdtm(folder: Path, /, *, options: TableOptions) -> None:
    """Convert DM and AE, and EX or EC, SE, SUPPAE and DS where they are, to records.

    Exit codes: 0 done, 2 a flag or a file name is invalid, 3 a row or a file is refused and nothing
    is written, 4 the broker does not answer.

    Parameters
    ----------
    folder
        Folder with dm.xpt, ae.xpt and the other domains, as .xpt, .sas7bdat, .json or .ndjson.
    """
    ingest_tables(SdtmReader, folder, options)
