"""Says why a partition stands still, and what goes on with it, to who is not its worker."""

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
    StopReason.RAISED: "tocsin run (of a version that mends it)",
}
"""What goes on.  A log that was cut off comes back from its archive, and by no command of ours."""

RELEASE_OFFSET = re.compile(r"up to offset (\d+)")


async def stop_message(log: Log, store: Store, partition_count: int) -> str:
    """Why a partition stands still; empty where it does not, or nobody has folded anything of it.

    What a worker finds when it claims is found anew: it is not in the store, for a worker that
    meets another log must write nothing.
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
    """The command that goes on with *partition*, which stands still as *says*; or none."""
    reason = next((each for each in StopReason if message.endswith(each.remedy)), None)
    if reason is None:  # Another version has put it into words of its own.
        return "tocsin quarantine list"
    match = RELEASE_OFFSET.search(message)
    return NEXT_COMMANDS.get(reason, "").format(
        partition=partition, through=match[1] if match else "OFFSET"
    )
