"""A day that a flag gives, or the end of the command with how to write one."""

from __future__ import annotations

from datetime import date

from tocsin.exits import Exit, Stop


def day_in(flag: str, text: str | None) -> date | None:
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
