"""Flags that many commands take: said or not, without a `--no-` of their own."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from cyclopts import Parameter

from tocsin.common.exits import Exit, Stop

Flag = Annotated[bool, Parameter(negative="")]

Json = Annotated[bool, Parameter(name="--json", negative="")]
"""Whether to print for programs."""


def parse_day(flag: str, text: str | None) -> date | None:
    """The day *text* that *flag* gives, where it gives one."""
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:  # `20200305` and `2020-W10-4` are days, too.
        raise Stop(Exit.USAGE, f"{flag} {text}: give a day as YYYY-MM-DD.")
    return day
