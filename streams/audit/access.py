"""Audits requests for closed metrics: every read, and refusals at a limited rate."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from streams.audit.audit_log import AuditAction, AuditLog, AuditOutcome

REFUSAL_LOG_SECONDS = 60
"""Least time between two entries about refusals of one address.

The limit keeps a client without the token from filling the trail.
"""

ADDRESSES_MAX = 1_000

OTHER_ADDRESSES = "others"
"""Replaces every further address once ``ADDRESSES_MAX`` addresses are tracked."""


@dataclass(slots=True)
class AccessLog:
    """Writes an audit entry for requests of *page*; *clock* returns monotonic seconds."""

    audit_log: AuditLog
    page: str = "/metrics"
    clock: Callable[[], float] = time.monotonic
    refusal_logged_at: dict[str, float] = field(default_factory=dict[str, float])
    refusal_counts: Counter[str] = field(default_factory=Counter[str])

    async def log_request(self, address: str, authorized: bool) -> None:
        """Write the entry of a request from *address*.

        An entry about a refusal counts the refusals of its address since the entry before it.
        Raises LogUnreachable where the entry may be missing; the page must not be shown then.
        """
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
        """Close the audit log."""
        await self.audit_log.close()
