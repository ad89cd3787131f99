"""``tocsin ingest``: other people's formats, turned into a log of records."""

from __future__ import annotations

import sys
from pathlib import Path

import orjson
from cyclopts import App

from streams.sources.sdtm import read_records
from streams.sources.sdtm_findings import count_findings
from streams.sources.xpt import UnreadableStudy
from tocsin.common.exits import Exit, Stop
from tocsin.common.plan_file import read_plan_file

app = App(name="ingest", help="Turn a study's data into a log that `tocsin replay` reads.")


@app.command
def sdtm(
    directory: Path,
    /,
    *,
    study: str,
    to: Path,
    plan: Path | None = None,
    control: str | None = None,
) -> None:
    """Read DM, AE, EX and DS from SAS transport files into records, in order of arrival.

    Parameters
    ----------
    directory
        The folder with dm.xpt, ae.xpt, ex.xpt and ds.xpt.
    study
        The study's identifier, written on every record.
    to
        The file to write; it is replaced.
    plan
        The monitoring plan (TOML) that becomes the first record; without it, one is drawn up
        from the arms.
    control
        The control arm as DM.ARM names it, where it is not the placebo.
    """
    toml = None if plan is None else read_plan_file(plan).toml
    try:
        lines = [
            orjson.dumps(fields) for fields in read_records(directory, study, toml, control=control)
        ]
    except UnreadableStudy as error:
        raise Stop(Exit.REJECTED, f"{error}.") from None
    try:
        to.write_bytes(b"\n".join(lines) + b"\n")
    except OSError as error:
        raise Stop(Exit.USAGE, f"{to} cannot be written: {error.strerror}.") from None
    print(f"{len(lines)} records written to {to}", file=sys.stderr)
    for finding, count in count_findings(directory).items():
        print(f"finding: {count} x {finding}", file=sys.stderr)
