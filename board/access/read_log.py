"""Audits what users read, with their purpose, and what they are refused."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from board.access.sessions import Session
from streams.audit.audit_log import AuditAction, AuditLog, AuditOutcome

REPEAT_SECONDS = 60.0
"""A page that a session reads again within this time makes no other entry: it refreshes itself."""

ENTRIES_MAX = 20_000
"""Entries that are remembered; a forgotten one is written again."""

NOBODY = "nobody known"


@dataclass(slots=True)
class ReadLog:
    """Writes the audit entries of reads; *clock* returns monotonic seconds.

    The methods return once the entry is stored, and raise LogUnreachable where it may be missing:
    the page must not be shown then.
    """

    audit_log: AuditLog
    clock: Callable[[], float] = time.monotonic
    logged_at: OrderedDict[tuple[str, ...], float] = field(
        default_factory=OrderedDict[tuple[str, ...], float]
    )

    async def log_read(self, session: Session, study: str, page: str) -> None:
        """Write that the user of *session* reads *page* of *study*."""
        await self._log_once(session, study, page, AuditOutcome.DONE)

    async def log_refusal(self, session: Session, study: str, page: str) -> None:
        """Write that *page* of *study* is refused to the user of *session*."""
        await self._log_once(session, study, page, AuditOutcome.REFUSED)

    async def log_failed_login(self, name: str, address: str) -> None:
        """Write that a login as *name* from *address* failed; once a minute for each address."""
        if self._is_due(("login", address)):
            await self.audit_log.log_action(
                AuditAction.READ,
                "/login",
                who=NOBODY,
                where={"name": name, "address": address},
                outcome=AuditOutcome.REFUSED,
            )

    async def log_move(self, session: Session, study: str, alert: str, reason: str) -> None:
        """Write that the user of *session* is about to move *alert*, named `id:revision`."""
        user = session.user
        await self.audit_log.log_action(
            AuditAction.MOVE,
            "moves",
            why=reason,
            who=user.name,
            where={
                "study": study,
                "alert": alert,
                "member": user.member or "",
                "session": session.label,
            },
        )

    async def _log_once(
        self, session: Session, study: str, page: str, outcome: AuditOutcome
    ) -> None:
        key = session.label, study, page, outcome.value
        if not self._is_due(key):
            return
        try:
            await self.audit_log.log_action(
                AuditAction.READ,
                page,
                why=session.purpose,
                who=session.user.name,
                where={"study": study, "session": session.label, "role": session.user.role.value},
                outcome=outcome,
            )
        except BaseException:
            self.logged_at.pop(key, None)
            raise

    def _is_due(self, key: tuple[str, ...]) -> bool:
        """Return whether *key* has no entry of the last minute, and remember this one."""
        now = self.clock()
        if now < self.logged_at.get(key, -REPEAT_SECONDS) + REPEAT_SECONDS:
            return False
        self.logged_at[key] = now
        self.logged_at.move_to_end(key)
        while len(self.logged_at) > ENTRIES_MAX:
            self.logged_at.popitem(last=False)
        return True
