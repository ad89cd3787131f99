"""``tocsin ingest dataset-json``: converts SDTM or ADaM in Dataset-JSON 1.1 to a log."""

from __future__ import annotations

from pathlib import Path

from streams.sources.adam import AdamReader
from streams.sources.folder import holds_table
from streams.sources.sdtm import SdtmReader
from tocsin.commands.ingest_tables import TableOptions, ingest_tables


def ingest_dataset_json(folder: Path, /, *, options: TableOptions) -> None:
    """Convert DM, AE and other domains, or else ADSL and ADAE, to records.

    Exit codes: 0 done, 2 a flag or a file name is invalid, 3 a row or a file is refused and nothing
    is written, 4 the broker does not answer.

    Parameters
    ----------
    folder
        Folder with dm.json and ae.json, or adsl.json and adae.json; all may be .ndjson.
    """
    is_adam = holds_table(folder, "ADSL") and not holds_table(folder, "DM")
    ingest_tables(AdamReader if is_adam else SdtmReader, folder, options)
