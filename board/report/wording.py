"""Sentences that both reports share."""

from __future__ import annotations

from board.views.wording import ordinal_day


def interval_text(since: int | None) -> str:
    """Return what the interval of the listing is; *since* is an ordinal day."""
    if since is None:
        return "No first day of an interval was given: the listing has every serious event."
    return (
        f"The listing has the serious events with a version known on or after {ordinal_day(since)}."
    )
