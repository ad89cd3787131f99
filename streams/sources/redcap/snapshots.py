"""Names of pulled exports: a folder of them is the history from which versions are counted."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

_NAME = re.compile(r"pull-(\d{8}T\d{6}Z)\.json")
_FORMAT = "%Y%m%dT%H%M%SZ"


def pull_name(time: datetime) -> str:
    """Return the name of a file that was pulled at *time*: names sort as their times do.

    >>> pull_name(datetime(2026, 11, 30, 20, 34, tzinfo=UTC))
    'pull-20261130T203400Z.json'
    """
    return f"pull-{time.astimezone(UTC).strftime(_FORMAT)}.json"


def pull_time(path: Path) -> datetime | None:
    """Return when *path* was pulled, by its name; None where it has no such name."""
    match = _NAME.fullmatch(path.name)
    try:
        return datetime.strptime(match[1], _FORMAT).replace(tzinfo=UTC) if match else None
    except ValueError:
        return None


def pulled_at(path: Path) -> str:
    """Return when *path* was pulled as ISO 8601, "" where its name does not say.

    >>> pulled_at(Path("pull-20261130T203400Z.json")), pulled_at(Path("export.json"))
    ('2026-11-30T20:34:00Z', '')
    """
    time = pull_time(path)
    return time.strftime("%Y-%m-%dT%H:%M:%SZ") if time else ""


def last_pull(folder: Path) -> datetime | None:
    """Return when the newest file in *folder* was pulled; None where there is none."""
    times = (pull_time(path) for path in folder.glob("pull-*.json"))
    return max(filter(None, times), default=None)
