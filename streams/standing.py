"""Says why a partition stands still, to somebody who is not its worker."""

from __future__ import annotations

from streams.lane.cursor import CODE, Cursor
from streams.lane.identity import objection
from streams.log import Log
from streams.store import Store


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
