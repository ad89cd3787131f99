"""Says why a partition stands still, and what goes on with it, to who is not its worker."""

from __future__ import annotations

import re

from streams.log import Log
from streams.processor.cursor import CODE, Cursor
from streams.processor.log_check import objection
from streams.processor.stop import Halt
from streams.store import Store

COMMANDS = {
    Halt.OTHER_LOG: "export TOCSIN_BROKER=...",
    Halt.LOST_INPUT: "tocsin topics apply",
    Halt.OTHER_CODE: "tocsin rebuild --partition {partition}",
    Halt.UNREADABLE: "tocsin quarantine release {partition} --through {through}",
    Halt.RAISED: "tocsin run (of a version that mends it)",
}
"""What goes on.  A log that was cut off comes back from its archive, and by no command of ours."""

THROUGH = re.compile(r"up to offset (\d+)")


async def stillness(log: Log, store: Store, partitions: int) -> str:
    """Why a partition stands still; empty where it does not, or nobody has folded anything of it.

    What a worker finds when it claims is found anew: it is not in the store, for a worker that
    meets another log must write nothing.
    """
    fields = await store.cursor()
    if "next" not in fields:
        return ""
    identity = await log.identity()
    if found := await objection(log, identity, Cursor.of(fields), CODE, partitions):
        return str(found)
    return fields.get("stopped", b"").decode()


def going_on(says: str, partition: int) -> str:
    """The command that goes on with *partition*, which stands still as *says*; or none."""
    reason = next((each for each in Halt if says.endswith(each.remedy)), None)
    if reason is None:  # Another version has put it into words of its own.
        return "tocsin quarantine list"
    through = THROUGH.search(says)
    return COMMANDS.get(reason, "").format(
        partition=partition, through=through[1] if through else "OFFSET"
    )
