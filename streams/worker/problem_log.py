"""Logs each problem of a partition once, and that it has ended."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from streams.processor.stop import PartitionStop
from streams.store import StoreNotWritable, StoreUnreachable
from streams.worker.public_errors import public_message

logger = logging.getLogger("tocsin")


@dataclass(slots=True)
class ProblemLog:
    """The problems of *partition* that were logged last.

    *write_error* is why the store refused the last write, of records up to *unwritten_until*, and
    *store_silent* is set while the store does not answer.
    """

    partition: int
    last_error: str = ""
    stop_text: str = ""
    write_error: str = ""
    unwritten_until: int = -1
    store_silent: bool = False

    def log_error(self, error: Exception) -> None:
        """Log *error* unless it repeats the last one: a full store fails every claim."""
        if (message := public_message(error)) not in (self.last_error, self.write_error):
            logger.warning("partition %d: %s", self.partition, message)
        self.last_error = message
        if isinstance(error, StoreUnreachable) and not isinstance(error, StoreNotWritable):
            self.store_silent = True

    def refuse_writes(self, through: int) -> None:
        """Keep the last error as the reason why records up to offset *through* are not written."""
        self.write_error, self.unwritten_until = self.last_error, through
        self.store_silent = False  # The next accepted write is logged instead.

    def log_recovery(self, *, writes: bool = False) -> None:
        """Log once that the store answers, or accepts *writes*, where it did not before."""
        if self.store_silent:
            logger.warning("partition %d: the store answers again", self.partition)
        self.store_silent = False
        if writes and self.write_error:
            logger.warning("partition %d: the store accepts writes again", self.partition)
            self.write_error = ""

    def log_stop(self, stopped: PartitionStop | None) -> None:
        """Log once why the partition is stopped: its studies are not monitored meanwhile."""
        message = "" if stopped is None else f"stopped at offset {stopped.offset}: {stopped}"
        if message not in ("", self.stop_text):
            logger.warning("partition %d %s", self.partition, message)
        self.stop_text = message
