"""Options of `tocsin replay`: changes to the log, range of a topic, output."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from streams.replay.replay import WhatIf
from tocsin.common.flags import Flag, Json, parse_day
from tocsin.common.plan_file import read_plan_file
from tocsin.common.terminal import cli_console

if TYPE_CHECKING:
    from rich.console import Console


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to replay, and what to print.

    Parameters
    ----------
    plan
        Monitoring plan (TOML) that replaces the log's plan; all output is marked hypothetical.
    as_of
        Exclude records that became known after this day (YYYY-MM-DD).
    onset_until
        Exclude events with onset after this day (YYYY-MM-DD).
    json_lines
        Print NDJSON: an `alert` line for each revision, then a `result` line for each study.
    strict
        Exit with code 3 if any record is not included.
    fail_on_signal
        Exit with code 10 if any watch signals.
    quiet
        Show no progress bar.
    keys
        Accept only plans signed by these public keys (a file like TOCSIN_PLAN_KEYS_FILE), and only
        reviews signed by the plan's board. Without it, unsigned plans of a file count.
    terms
        Number of terms in the tables: watched terms first, then by falling evidence.
    svg
        Also write the output as an SVG picture to this file.
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
        """The plan and the data cutoffs by which the replay departs from the log."""
        return WhatIf(
            plan=None if self.plan is None else read_plan_file(self.plan).toml,
            known_until=_parse_day_number("--as-of", self.as_of),
            onsets_until=_parse_day_number("--onset-until", self.onset_until),
        )

    def console(self) -> Console | None:
        """Return the console to print on or to draw, None where only lines of JSON are printed."""
        if self.json_lines and self.svg is None:
            return None
        return cli_console(for_svg=self.svg is not None)


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class TopicRange:
    """The range of a topic to replay, and the space to fold it into.

    Parameters
    ----------
    topic
        Replay a topic of TOCSIN_BROKER instead of a file; default trial.log.v1.
    partition
        Replay only this partition of the topic; may be repeated.
    begin
        Start at this offset, or at this day or time of production.
    until
        Stop before this offset, day or time of production.
    space
        Fold the topic into this space in Redis (TOCSIN_STORE), and print no tables. Its alerts are
        never published.
    """

    topic: bool | str = False
    partition: tuple[int, ...] = ()
    begin: Annotated[str | None, Parameter(name="--from")] = None
    until: str | None = None
    space: str | None = None


def _parse_day_number(flag: str, text: str | None) -> int | None:
    day = parse_day(flag, text)
    return None if day is None else day.toordinal()
