"""What the commands that read data sets of CDISC share: their options, and how they run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cyclopts import Parameter

from streams.sources.mapped_tables import MappedTables
from streams.sources.mapping.mapping import StudyMapping
from streams.sources.reader import StudyReader
from streams.sources.report import UnreadableSource
from tocsin.common.exits import Exit, Stop
from tocsin.common.ingest_run import IngestRequest, run_ingest


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class TableOptions:
    """How to read data sets, and where their log goes.

    Parameters
    ----------
    study
        Identifier of the study in every record.
    to
        File to write, which is replaced as a whole, or `kafka` for the broker TOCSIN_BROKER.
    mapping
        Mapping (TOML) of data sets that are not as CDISC has them, or with words of their own: the
        language of `tocsin ingest csv`; default the variables and code lists of CDISC.
    plan
        Monitoring plan (TOML) of the first record; default a plan drawn up from the arms.
    control
        Control arm as in ARM, for a plan that is drawn up; default the placebo arm.
    encoding
        Encoding of the texts, such as cp1252; default UTF-8, and Windows-1252 for a text that is
        no UTF-8.
    previous
        Log of an earlier ingest of the study: only what changed is written, as next versions.  With
        `--to kafka` the topic is that log.
    """

    study: str
    to: str
    mapping: Path | None = None
    plan: Path | None = None
    control: str | None = None
    encoding: str | None = None
    previous: Path | None = None


def ingest_tables(
    build_reader: Callable[[Path, str | None], StudyReader], folder: Path, options: TableOptions
) -> None:
    """Convert the data sets in *folder*, by the mapping of *options* if it has one.

    Raises Stop as `run_ingest` does, and 2 where the mapping is invalid.
    """
    reader = build_reader(folder, options.encoding)
    if options.mapping is not None:
        mapping = _read_mapping(options.mapping)
        reader = MappedTables(folder=folder, mapping=mapping, encoding=options.encoding)
    request = IngestRequest(
        study=options.study,
        to=options.to,
        plan=options.plan,
        control=options.control,
        previous=options.previous,
    )
    run_ingest(reader, request)


def _read_mapping(path: Path) -> StudyMapping:
    try:
        return StudyMapping.read(path)
    except UnreadableSource as error:
        raise Stop(Exit.USAGE, f"{error}.") from None
