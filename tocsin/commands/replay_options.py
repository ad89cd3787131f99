"""What may be asked of a replay: how it departs from the log, what of a topic, what is printed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from streams.replay.replay import WhatIf
from tocsin.common.flags import Flag, Json, parse_day
from tocsin.common.plan_file import read_plan_file


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to replay, and what to print.

    Parameters
    ----------
    plan
        Replaces the log's plan; everything printed is then marked hypothetical.
    as_of
        Leaves out what became known after this day (YYYY-MM-DD).
    onset_until
        Leaves out events that began after this day (YYYY-MM-DD).
    json_lines
        Prints NDJSON: an `alert` line as each rings, a `result` line for each study at the end.
    strict
        Ends with exit code 3 if any record is not included.
    fail_on_signal
        Ends with exit code 10 if any watch signals.
    quiet
        Shows no progress.
    keys
        Takes plans only by these public keys, a file as of TOCSIN_PLAN_KEYS_FILE, and reviews
        only by the plan's board; without it a file's plans count unsigned.
    terms
        How many terms the tables show: what the plan watches first, then by falling evidence.
    svg
        Also draws what is printed as an SVG picture into this file.
    """

    plan: Path | None = None
    as_of: str | None = None
    onset_until: str | None = None
    json_lines: Json = False
    strict: Flag = False
    fail_on_signal: Flag = False
    quiet: Flag = False
    keys: str | None = None
    terms: int = 25
    svg: Path | None = None

    @property
    def what_if(self) -> WhatIf:
        """How the replay departs from the log."""
        return WhatIf(
            plan=None if self.plan is None else read_plan_file(self.plan).toml,
            known_until=_parse_day_number("--as-of", self.as_of),
            onsets_until=_parse_day_number("--onset-until", self.onset_until),
        )


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class TopicRange:
    """Which stretch of a topic to replay, and where to.

    Parameters
    ----------
    topic
        Replays this topic of TOCSIN_BROKER instead of a file: trial.log.v1, unless it is named.
    partition
        Of the topic only this partition; may be given again.
    begin
        Of the topic only from this offset on, or from this day or instant of production on.
    until
        Of the topic only what lies before this offset, day or instant.
    space
        Folds the topic into Redis (TOCSIN_STORE), into this space of its own, and shows no tables.
        Nothing in it is ever announced to anybody.
    """

    topic: bool | str = False
    partition: tuple[int, ...] = ()
    begin: Annotated[str | None, Parameter(name="--from")] = None
    until: str | None = None
    space: str | None = None


def _parse_day_number(flag: str, text: str | None) -> int | None:
    day = parse_day(flag, text)
    return None if day is None else day.toordinal()
