"""Audits commands: an entry is written before anything is shown or changed, or the command ends."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress

from streams.audit.audit_log import AuditAction, AuditOutcome, Where
from streams.audit.trails import open_audit_log
from streams.log import LogUnreachable
from streams.settings import Settings
from tocsin.common.exits import Exit, Stop

COMPLETED_EXITS = Exit.REJECTED, Exit.SIGNAL
"""Exit codes of a command that completed and reports a finding; a rejected move is a refusal."""


@contextmanager
def audit_command(
    settings: Settings, action: AuditAction, where: Where | None = None
) -> Generator[None]:
    """Write an audit entry for the command before its body runs, and another if it is refused.

    Raises Stop where the entry cannot be written; the body then does not run.
    """
    append_audit_entry(settings, action, where)
    with audit_refusals(settings, action, where):
        yield


@contextmanager
def audit_refusals(
    settings: Settings, action: AuditAction, where: Where | None = None
) -> Generator[None]:
    """Write an audit entry if the body is refused (raises Stop).

    Used alone for a body that shows and changes nothing unless it succeeds.
    """
    try:
        yield
    except Stop as refusal:
        if refusal.code not in COMPLETED_EXITS or action is AuditAction.MOVE:
            with suppress(Stop):  # The cause of the refusal may also prevent this write.
                append_audit_entry(
                    settings,
                    action,
                    {**(where or {}), "exit": int(refusal.code)},
                    AuditOutcome.REFUSED,
                )
        raise


def append_audit_entry(
    settings: Settings,
    action: AuditAction,
    where: Where | None = None,
    outcome: AuditOutcome = AuditOutcome.DONE,
) -> None:
    """Write an audit entry for this command; raises Stop where the trail is unreachable."""
    try:
        asyncio.run(_append_entry(settings, action, where, outcome))
    except LogUnreachable as error:
        message = f"{error}; nothing is shown or changed without an audit entry"
        raise Stop(Exit.UNREACHABLE, f"{message}. Run `tocsin doctor` to find the cause.") from None


async def _append_entry(
    settings: Settings, action: AuditAction, where: Where | None, outcome: AuditOutcome
) -> None:
    log = open_audit_log(settings, "tocsin")
    try:
        command = " ".join(["tocsin", *sys.argv[1:]])
        await log.log_action(action, command, why=settings.why, where=where, outcome=outcome)
    finally:
        await log.close()
