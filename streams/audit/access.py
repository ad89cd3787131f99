"""Notes who reads numbers by treatment: every answer, and of refusals enough to know of them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from streams.audit.audit_log import AuditAction, AuditLog, AuditOutcome

REFUSAL_LOG_SECONDS = 60
"""Between two entries on refusals of one address: nobody without the token may fill the trail."""

ADDRESSES_MAX = 1_000

OTHER_ADDRESSES = "others"
"""Stands for all addresses beyond those that are told apart."""


@dataclass(slots=True)
class AccessLog:
    """Notes the reads of *page* in *log*; *clock* gives seconds."""

    audit_log: AuditLog
    page: str = "/metrics"
    clock: Callable[[], float] = time.monotonic
    refusal_logged_at: dict[str, float] = field(default_factory=dict[str, float])
    refusal_counts: Counter[str] = field(default_factory=Counter[str])

    async def log_request(self, address: str, authorized: bool) -> None:
        """Note a request from *address*.  Raises LogUnreachable: then nothing may be shown."""
        if authorized:
            where = {"address": address}
            await self.audit_log.log_action(
                AuditAction.READ, self.page, who="the metrics token", where=where
            )
            return
        if address not in self.refusal_logged_at and len(self.refusal_logged_at) >= ADDRESSES_MAX:
            address = OTHER_ADDRESSES
        self.refusal_counts[address] += 1
        now = self.clock()
        if now < self.refusal_logged_at.get(address, -REFUSAL_LOG_SECONDS) + REFUSAL_LOG_SECONDS:
            return
        self.refusal_logged_at[address] = now
        where = {"address": address, "times": self.refusal_counts.pop(address)}
        refused = AuditOutcome.REFUSED
        await self.audit_log.log_action(
            AuditAction.READ, self.page, who="nobody known", where=where, outcome=refused
        )

    async def close(self) -> None:
        """Let go of the trail."""
        await self.audit_log.close()
