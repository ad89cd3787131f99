"""Why a partition is stopped and which command lets it continue, without asking its worker."""

from __future__ import annotations

import re

from streams.log import Log
from streams.processor.cursor import FOLD_VERSION, Cursor
from streams.processor.log_check import check_log
from streams.processor.stop import StopReason
from streams.store import Store

NEXT_COMMANDS = {
    StopReason.OTHER_LOG: "export TOCSIN_BROKER=...",
    StopReason.LOST_INPUT: "tocsin topics apply",
    StopReason.OTHER_CODE: "tocsin rebuild --partition {partition}",
    StopReason.UNREADABLE: "tocsin quarantine release {partition} --through {through}",
    StopReason.UNREADABLE_BATCH: (
        "tocsin quarantine pass {partition} {batch} --file batch-{partition}-{batch}"
    ),
    StopReason.RAISED: "tocsin run (with a version that fixes it)",
}
"""Command by stop reason.  No command restores a shorter log; it must come from its archive."""

RELEASE_OFFSET = re.compile(r"up to offset (\d+)")
BATCH_OFFSET = re.compile(r"^The batch at offsets? (\d+)")


async def stop_message(log: Log, store: Store, partition_count: int) -> str:
    """Why a partition is stopped; empty where it is not stopped or was never folded.

    The check of the log against the cursor is repeated here.  Its result is not in the store,
    because a worker that finds another log must write nothing.
    """
    fields = await store.cursor()
    if "next" not in fields:
        return ""
    identity = await log.identity()
    if stop := await check_log(
        log, identity, Cursor.from_fields(fields), FOLD_VERSION, partition_count
    ):
        return str(stop)
    return fields.get("stopped", b"").decode()


def next_command(message: str, partition: int) -> str:
    """The command that lets *partition* continue, by the stop *message*; empty if there is none."""
    reason = next((each for each in StopReason if message.endswith(each.remedy)), None)
    if reason is None:  # Another version wrote the message with another remedy.
        return "tocsin quarantine list"
    through, batch = RELEASE_OFFSET.search(message), BATCH_OFFSET.search(message)
    return NEXT_COMMANDS.get(reason, "").format(
        partition=partition,
        through=through[1] if through else "OFFSET",
        batch=batch[1] if batch else "OFFSET",
    )
