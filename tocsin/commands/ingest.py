"""``tocsin ingest``: converts study data in other formats to a log of records."""

from __future__ import annotations

import sys
from pathlib import Path

import orjson
from cyclopts import App

from streams.sources.sdtm import read_records
from streams.sources.sdtm_findings import count_findings
from streams.sources.xpt import UnreadableStudy
from streams.store.keys import NAME_PATTERN
from tocsin.common.exits import Exit, Stop
from tocsin.common.plan_file import read_plan_file
from tocsin.common.terminal import printable

app = App(name="ingest", help="Convert a study's data to a log that `tocsin replay` reads.")


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
    """Convert DM, AE, EX and DS in SAS transport files to records in order of arrival.

    Parameters
    ----------
    directory
        Folder with dm.xpt, ae.xpt, ex.xpt and ds.xpt.
    study
        Identifier of the study in every record.
    to
        File to write; an existing file is replaced.
    plan
        Monitoring plan (TOML) of the first record; default a plan derived from the arms.
    control
        Control arm as in DM.ARM; default the placebo arm.
    """
    check_study_name(study)
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


def check_study_name(study: str) -> None:
    """Raise Stop where records cannot bear the name *study*."""
    if not NAME_PATTERN.fullmatch(study):
        raise Stop(
            Exit.USAGE,
            f"--study {printable(study)}: records cannot bear this name; give 1 to 64 characters "
            "of A-Z a-z 0-9 _ . : -.",
        )
