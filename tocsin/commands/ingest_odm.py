"""``tocsin ingest odm``: converts CDISC ODM exports to a log, by a mapping of their items."""

from __future__ import annotations

from pathlib import Path

from streams.sources.odm.reader import OdmReader
from tocsin.commands.ingest_mapped import MappedOptions, ingest_mapped


def ingest_odm(path: Path, /, *, options: MappedOptions) -> None:
    """Convert ODM 1.3.2, snapshots and transactions, to records by a mapping of items.

    Exit codes: 0 done, 2 a flag or the mapping is invalid, 3 a row or a file is refused and nothing
    is written, 4 the broker does not answer.

    Parameters
    ----------
    path
        ODM file, or folder whose .xml files are read in the order of their names.
    """
    ingest_mapped(lambda mapping: OdmReader(path=path, mapping=mapping), options)
