"""Describes errors for open logs and probes without quoting a record."""

from __future__ import annotations

from traceback import format_tb

from streams.kafka.sender import Undelivered
from streams.log import LogUnreachable, RecordsGone
from streams.processor.stop import CursorMoved
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
"""Errors whose message may be shown to anybody; the message of another one may quote a record."""


def public_message(error: BaseException) -> str:
    """Return one line about *error*: its message if that is public, else its type and origin."""
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
    """Return the traceback of *error* as source lines for a bug report, without its message."""
    return "".join(format_tb(error.__traceback__)).rstrip()
