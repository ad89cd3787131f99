"""Converts a listing in a process of its own: its memory and time are not those of the intake.

`python -m streams.intake.listing_program` reads a request as JSON from stdin, writes the log to a
file, and answers on stdout with what was found and refused.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from streams.login import read_secret
from streams.sources.convert import ConvertOptions, convert_study
from streams.sources.csv_files import CsvStudy
from streams.sources.mapping.mapping import StudyMapping
from streams.sources.output import write_whole
from streams.sources.reader import StudyReader
from streams.sources.redcap.api import RedcapApi
from streams.sources.redcap.pull import pull_records, range_since_last_pull
from streams.sources.redcap.reader import RedcapReader
from streams.sources.redcap.snapshots import pull_name
from streams.sources.report import Group, IngestReport, UnreadableSource

LOG_NAME = "log.jsonl"


def main() -> None:
    """Convert the listing of the request, and print the answer."""
    request: Mapping[str, Any] = orjson.loads(sys.stdin.buffer.read())
    report, failure = IngestReport(), ""
    try:
        convert(request, report)
    except UnreadableSource as error:
        failure = str(error).replace(f"{request['folder']}/", "")
    groups = [group_fields(each) for each in report.groups()]
    sys.stdout.buffer.write(orjson.dumps({"failure": failure, "groups": groups}))


def convert(request: Mapping[str, Any], report: IngestReport) -> None:
    """Write the log of *request* unless a row is refused.  Raises UnreadableSource."""
    folder, work = Path(request["folder"]), Path(request["work"])
    if pull := request.get("pull"):
        pull_into(folder, pull["url"], pull["token_file"])
    mapping = StudyMapping.read(Path(request["mapping"]))
    reader: StudyReader = (
        RedcapReader(path=folder, mapping=mapping)
        if request["format"] == "redcap"
        else CsvStudy(mapping=mapping, path=folder)
    )
    options = ConvertOptions(study=request["study"], plan_toml=request["plan"])
    conversion = convert_study(reader, options, report, work)
    if not report.refused:
        # Without the plan: the study has one, which the request names.
        write_whole(work / LOG_NAME, conversion.staging.lines(), lambda done: None)
    conversion.staging.close()


def pull_into(folder: Path, url: str, token_file: str) -> None:
    """Add what has changed on the server to *folder*.  Raises UnreadableSource."""
    try:
        token = read_secret(token_file).strip()
    except (OSError, UnicodeDecodeError):
        raise UnreadableSource("the token file of the project cannot be read") from None
    while (folder / pull_name(datetime.now(UTC))).exists():
        time.sleep(0.1)  # A pull is named for its second, and must not replace another.
    pull_records(RedcapApi(url=url, token=token), folder, range_since_last_pull(folder))


def group_fields(group: Group) -> dict[str, Any]:
    """Return a group of findings or refusals as the answer has it: no value is in it."""
    return {
        "refused": group.refused,
        "file": Path(group.file).name,
        "column": group.column,
        "rows": list(group.rows),
        "count": group.count,
        "reason": group.problem.code,
        "detail": group.problem.sentence,
        "remedy": group.problem.remedy,
    }


if __name__ == "__main__":
    main()
