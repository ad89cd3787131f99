"""What may be said of an error where anybody reads: words of ours, or else where it came from."""

from __future__ import annotations

from traceback import format_tb

from streams.kafka.sender import Undelivered
from streams.log import LogUnreachable, RecordsGone
from streams.processor import Moved
from streams.store import StoreUnreachable, WrongStore
from streams.worker.progress import Stalled

OURS = (Moved, Stalled, StoreUnreachable, WrongStore, LogUnreachable, RecordsGone, Undelivered)
"""Errors whose message may be shown to anybody; others may quote a record."""


def told(error: BaseException) -> str:
    """What may be shown of *error* in a line: a message of ours, or where it was raised."""
    if isinstance(error, OURS):
        return str(error)
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    where = "" if at is None else f" at {at.tb_frame.f_code.co_qualname}:{at.tb_lineno}"
    return f"{type(error).__name__}{where}"


def traced(error: BaseException) -> str:
    """The lines of code that *error* came through, for whoever mends it; no value, no message."""
    return "".join(format_tb(error.__traceback__)).rstrip()
