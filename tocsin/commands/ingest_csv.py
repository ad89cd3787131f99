"""``tocsin ingest csv``: converts CSV listings to a log, by a mapping of their columns."""

from __future__ import annotations

import sys
from pathlib import Path

from streams.sources.csv_draft import draft_mapping
from streams.sources.csv_files import CsvStudy
from streams.sources.report import UnreadableSource
from tocsin.common.exits import Exit, Stop
from tocsin.common.ingest_run import IngestRequest, run_ingest
from tocsin.common.mapping_file import read_mapping_file, study_name
from tocsin.common.next_steps import next_step

INCOMPLETE = (
    "tocsin ingest csv needs PATH, --mapping and --to; begin with"
    " `tocsin ingest csv --draft DIR > mapping.toml`."
)


def ingest_csv(
    path: Path | None = None,
    /,
    *,
    mapping: Path | None = None,
    study: str | None = None,
    to: str | None = None,
    encoding: str | None = None,
    plan: Path | None = None,
    control: str | None = None,
    draft: Path | None = None,
) -> None:
    """Convert CSV listings to records by a mapping of their columns.

    Parameters
    ----------
    path
        Folder of the listings that the mapping names, or the only one of them.
    mapping
        Mapping (TOML): which column is which field; docs/ingest_csv.md has the language.
    study
        Identifier of the study in every record; default the `study` of the mapping.
    to
        File to write, which is replaced as a whole, or "kafka".
    encoding
        Encoding of all files, such as windows-1252; default that of the mapping, else UTF-8.
    plan
        Monitoring plan (TOML) of the first record; default a plan derived from the arms.
    control
        Control arm as the listings or [arms] write it; default the placebo arm.
    draft
        Folder or file for which to print a first mapping, from its headers and values.
    """
    if draft is not None:
        return _print_draft(draft)
    if path is None or mapping is None or to is None:
        raise Stop(Exit.USAGE, INCOMPLETE)
    reader = CsvStudy(mapping=read_mapping_file(mapping), path=path, encoding=encoding)
    name = study_name(study, reader.mapping)
    run_ingest(reader, IngestRequest(study=name, to=to, plan=plan, control=control))


def _print_draft(folder: Path) -> None:
    try:
        print(draft_mapping(folder), end="")
    except UnreadableSource as error:
        raise Stop(Exit.REJECTED, f"{error}.") from None
    print("The mapping needs what stands behind `#` to be decided; then", file=sys.stderr)
    words = ("--mapping", "mapping.toml", "--study", "ID", "--to", "log.jsonl")
    next_step("tocsin", "ingest", "csv", str(folder), *words)
