"""What the commands that read exports through a mapping share: their options, and how they run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cyclopts import Parameter

from streams.sources.mapping.mapping import StudyMapping
from streams.sources.reader import StudyReader
from tocsin.common.ingest_run import IngestRequest, run_ingest
from tocsin.common.mapping_file import read_mapping_file, study_name


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class MappedOptions:
    """How to map exports, and where their log goes.

    Parameters
    ----------
    mapping
        Mapping (TOML): which column is which field; docs/ingest_csv.md has the language.
    to
        File to write, which is replaced as a whole, or `kafka` for the broker TOCSIN_BROKER.
    study
        Identifier of the study in every record; default the `study` of the mapping.
    plan
        Monitoring plan (TOML) of the first record; default a plan drawn up from the arms.
    control
        Control arm as the export or [arms] write it, for a plan that is drawn up.
    previous
        Log of an earlier ingest of the study: only what changed is written, as next versions.  With
        `--to kafka` the topic is that log.
    """

    mapping: Path
    to: str
    study: str | None = None
    plan: Path | None = None
    control: str | None = None
    previous: Path | None = None


def ingest_mapped(
    build_reader: Callable[[StudyMapping], StudyReader], options: MappedOptions
) -> None:
    """Convert what the reader of the mapping in *options* reads.

    Raises Stop as `run_ingest` does, and 2 where the mapping is invalid.
    """
    mapping = read_mapping_file(options.mapping)
    request = IngestRequest(
        study=study_name(options.study, mapping),
        to=options.to,
        plan=options.plan,
        control=options.control,
        previous=options.previous,
    )
    run_ingest(build_reader(mapping), request)
