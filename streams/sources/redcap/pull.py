"""Pulls records of a project in pages into a file, which appears whole or not at all."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from streams.sources.redcap.api import RedcapApi, RedcapRefuses
from streams.sources.redcap.snapshots import last_pull, pull_name
from streams.sources.report import UnreadableSource

OVERLAP = timedelta(days=1)
"""A pull begins so long before the last one: REDCap reads times in the time zone of its server."""

PAGE_RECORDS = 100
"""Records of one request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeRange:
    """Records created or modified from *begin* to *end*; None is without a bound."""

    begin: datetime | None = None
    end: datetime | None = None

    def parameters(self) -> dict[str, str]:
        """Return the parameters of a request for the records of this range.

        >>> TimeRange(begin=datetime(2026, 11, 30, 20, 34)).parameters()
        {'dateRangeBegin': '2026-11-30 20:34:00'}
        """
        bounds = {"dateRangeBegin": self.begin, "dateRangeEnd": self.end}
        return {name: f"{time:%Y-%m-%d %H:%M:%S}" for name, time in bounds.items() if time}


def range_since_last_pull(folder: Path) -> TimeRange:
    """Return the range that misses no change after the newest pull in *folder*."""
    last = last_pull(folder)
    return TimeRange(begin=last - OVERLAP if last else None)


def pull_records(
    api: RedcapApi, folder: Path, time_range: TimeRange, *, now: datetime | None = None
) -> Path:
    """Write the records of *time_range* to a new file in *folder*, and return its path.

    The file is named for *now*, the time of the pull.  Raises `UnreadableSource` where the server
    refuses, fails again and again, or the file cannot be written: then there is no new file.
    """
    name = pull_name(now or datetime.now(UTC))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with asyncio.Runner() as runner, tempfile.TemporaryDirectory(dir=folder) as scratch:
            path = Path(scratch) / name
            path.touch(mode=0o600)
            _write_array(path, _records(api, runner, time_range))
            return path.rename(folder / name)
    except OSError as error:
        raise UnreadableSource(f"{folder} cannot be written: {error.strerror}") from error


def _write_array(path: Path, records: Iterator[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write("[")
        for number, record in enumerate(records):
            file.write(",\n" if number else "\n")
            json.dump(record, file)
        file.write("\n]\n")


def _records(
    api: RedcapApi, runner: asyncio.Runner, time_range: TimeRange
) -> Iterator[dict[str, Any]]:
    """Yield the records page by page: the API has no pages, but it exports records by their ids."""
    export = {"content": "record", "type": "flat", "rawOrLabel": "raw"}
    id_field = _id_field(runner.run(api.export({"content": "metadata"})))
    changed = runner.run(api.export({**export, "fields[0]": id_field, **time_range.parameters()}))
    ids = list(dict.fromkeys(str(each.get(id_field, "")) for each in changed))
    for first in range(0, len(ids), PAGE_RECORDS):
        page = ids[first : first + PAGE_RECORDS]
        records = {f"records[{number}]": each for number, each in enumerate(page)}
        yield from runner.run(api.export({**export, **records}))


def _id_field(dictionary: list[dict[str, Any]]) -> str:
    """Return the field that holds the id of a record: the first of the project's dictionary."""
    name = dictionary[0].get("field_name") if dictionary else None
    if not isinstance(name, str) or not name:
        raise RedcapRefuses("REDCap answers with a data dictionary without fields")
    return name
