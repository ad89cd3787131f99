"""Notes who reads numbers by treatment: every answer, and of refusals enough to know of them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from streams.audit.audit_log import Act, AuditLog, Outcome

QUIET_SECONDS = 60
"""Between two entries on refusals of one address: nobody without the token may fill the trail."""

ADDRESSES_MAX = 1_000

OTHERS = "others"
"""Stands for all addresses beyond those that are told apart."""


@dataclass(slots=True)
class Reads:
    """Notes the reads of *page* in *log*; *clock* gives seconds."""

    log: AuditLog
    page: str = "/metrics"
    clock: Callable[[], float] = time.monotonic
    noted: dict[str, float] = field(default_factory=dict[str, float])
    refused: Counter[str] = field(default_factory=Counter[str])

    async def heard(self, address: str, admitted: bool) -> None:
        """Note a request from *address*.  Raises LogUnreachable: then nothing may be shown."""
        if admitted:
            where = {"address": address}
            await self.log.note(Act.READ, self.page, who="the metrics token", where=where)
            return
        if address not in self.noted and len(self.noted) >= ADDRESSES_MAX:
            address = OTHERS
        self.refused[address] += 1
        now = self.clock()
        if now < self.noted.get(address, -QUIET_SECONDS) + QUIET_SECONDS:
            return
        self.noted[address] = now
        where = {"address": address, "times": self.refused.pop(address)}
        refused = Outcome.REFUSED
        await self.log.note(Act.READ, self.page, who="nobody known", where=where, outcome=refused)

    async def close(self) -> None:
        """Let go of the trail."""
        await self.log.close()
