"""``tocsin ingest e2b``: converts individual case safety reports to a log."""

from __future__ import annotations

from pathlib import Path

from streams.sources.e2b.mapping import E2BMapping, read_e2b_mapping
from streams.sources.e2b.reader import E2BReader
from streams.sources.report import UnreadableSource
from tocsin.common.exits import Exit, Stop
from tocsin.common.ingest_run import IngestRequest, run_ingest


def ingest_e2b(
    path: Path,
    /,
    *,
    study: str,
    to: str,
    plan: Path,
    mapping: Path | None = None,
    previous: Path | None = None,
) -> None:
    """Convert E2B(R3) reports to records: each reaction is a case.

    Reports have no arms: the study's subjects come from another source.
    Exit codes: 0 done, 2 a flag or the mapping is invalid, 3 a row or a file is refused and nothing
    is written, 4 the broker does not answer.

    Parameters
    ----------
    path
        File with reports, or folder whose .xml files are read: all reports of each case.
    study
        Identifier of the study in every record.
    to
        File to write, which is replaced as a whole, or `kafka` for the broker TOCSIN_BROKER.
    plan
        Monitoring plan (TOML) of the study, which is the first record.
    mapping
        Mapping (TOML): number of the subject, terms, words of causality; docs/ingest_xml.md.
    previous
        Log of an earlier ingest of the reports: only what changed is written, as next versions.
        With `--to kafka` the topic is that log.
    """
    reader = E2BReader(path=path, mapping=_read_mapping(mapping))
    run_ingest(reader, IngestRequest(study=study, to=to, plan=plan, previous=previous))


def _read_mapping(path: Path | None) -> E2BMapping:
    try:
        return E2BMapping() if path is None else read_e2b_mapping(path)
    except UnreadableSource as error:
        raise Stop(Exit.USAGE, f"{error}.") from None
