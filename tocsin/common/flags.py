"""Flag types shared by commands; a boolean flag has no `--no-` form."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from cyclopts import Parameter

from tocsin.common.exits import Exit, Stop

Flag = Annotated[bool, Parameter(negative="")]

Json = Annotated[bool, Parameter(name="--json", negative="")]
"""Whether to print JSON, for programs."""


def parse_day(flag: str, text: str | None) -> date | None:
    """Parse the value *text* of *flag* as a day in the form YYYY-MM-DD; None stays None.

    Raises Stop where *text* has another form.
    """
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    # fromisoformat also accepts `20200305` and `2020-W10-4`.
    if day is None or day.isoformat() != text:
        raise Stop(Exit.USAGE, f"{flag} {text}: give a day as YYYY-MM-DD.")
    return day
