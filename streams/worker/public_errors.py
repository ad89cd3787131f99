"""What may be said of an error where anybody reads: words of ours, or else where it came from."""

from __future__ import annotations

from traceback import format_tb

from streams.kafka.sender import Undelivered
from streams.log import LogUnreachable, RecordsGone
from streams.processor import CursorMoved
from streams.store import StoreMisconfigured, StoreUnreachable
from streams.worker.progress import Stalled

PUBLIC_ERRORS = (
    CursorMoved,
    Stalled,
    StoreUnreachable,
    StoreMisconfigured,
    LogUnreachable,
    RecordsGone,
    Undelivered,
)
"""Errors whose message may be shown to anybody; others may quote a record."""


def public_message(error: BaseException) -> str:
    """What may be shown of *error* in a line: a message of ours, or where it was raised."""
    if isinstance(error, PUBLIC_ERRORS):
        return str(error)
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    location = (
        ""
        if traceback is None
        else f" at {traceback.tb_frame.f_code.co_qualname}:{traceback.tb_lineno}"
    )
    return f"{type(error).__name__}{location}"


def traceback_text(error: BaseException) -> str:
    """The lines of code that *error* came through, for whoever mends it; no value, no message."""
    return "".join(format_tb(error.__traceback__)).rstrip()
