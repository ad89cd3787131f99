"""``tocsin ingest redcap``: converts flat exports of REDCap to a log, or pulls them first."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cyclopts import Parameter

from streams.sources.mapping.mapping import StudyMapping
from streams.sources.redcap.api import RedcapApi, RedcapRefuses
from streams.sources.redcap.pull import TimeRange, pull_records, range_since_last_pull
from streams.sources.redcap.reader import RedcapReader
from streams.sources.report import UnreadableSource
from tocsin.commands.ingest_mapped import MappedOptions, ingest_mapped
from tocsin.common.exits import Exit, Stop

TOKEN_SETTING = "TOCSIN_REDCAP_TOKEN_FILE"
TOKEN_BYTES_MAX = 4096


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class PullOptions:
    """What to pull from the API before the ingest.

    Parameters
    ----------
    pull
        Address of the API, such as https://redcap.example.org/api/.
    token_file
        File with the token of the project; default TOCSIN_REDCAP_TOKEN_FILE.
    since
        Pull records changed since this time of the server; default a day before the last pull.
    until
        Pull records changed until this time of the server; default now.
    """

    pull: str | None = None
    token_file: Path | None = None
    since: datetime | None = None
    until: datetime | None = None


NO_PULL = PullOptions()


def ingest_redcap(
    path: Path, /, *, options: MappedOptions, pull_options: PullOptions = NO_PULL
) -> None:
    """Convert flat JSON exports to records by a mapping of fields.

    With --pull, first add to the folder PATH what changed on the server since its last pull.
    Exit codes: 0 done, 2 a flag or the mapping is invalid, 3 a row or a file is refused and nothing
    is written, 4 REDCap or the broker does not answer.

    Parameters
    ----------
    path
        Flat JSON export, or folder of exports in the order of their names.
    """
    ingest_mapped(lambda mapping: _build_reader(path, mapping, pull_options), options)


def _build_reader(path: Path, mapping: StudyMapping, options: PullOptions) -> RedcapReader:
    """Return the reader of *path*, after what *options* asks for is pulled into it."""
    if options.pull is not None:
        _pull(options.pull, path, options)
    return RedcapReader(path=path, mapping=mapping)


def _pull(url: str, folder: Path, options: PullOptions) -> None:
    token = _read_token(options.token_file)
    begin = options.since or range_since_last_pull(folder).begin
    try:
        api = RedcapApi(url=url, token=token)
        file = pull_records(api, folder, TimeRange(begin=begin, end=options.until))
    except RedcapRefuses as error:
        raise Stop(Exit.REJECTED, f"{error}.") from None
    except UnreadableSource as error:
        raise Stop(Exit.UNREACHABLE, f"{error}.") from None
    print(f"pulled to {file}", file=sys.stderr)


def _read_token(path: Path | None) -> str:
    """Return the token in the file at *path*, or in that of the setting; never an argument."""
    name = path or os.environ.get(TOKEN_SETTING)
    if not name:
        raise Stop(
            Exit.USAGE, f"--pull needs the token of the project: --token-file, or {TOKEN_SETTING}."
        )
    try:
        with Path(name).open("rb") as file:
            token = file.read(TOKEN_BYTES_MAX).decode("ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise Stop(Exit.USAGE, f"{name} cannot be read as a token of REDCap.") from None
    if not token.isalnum():
        raise Stop(Exit.USAGE, f"{name} holds no token of REDCap: letters and digits only.")
    return token
