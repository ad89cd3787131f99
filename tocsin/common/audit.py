"""What a command reads or changes is noted first: what cannot be noted is not done."""

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
"""Exit codes of a command that did what it was asked to, and found something; but for a move."""


@contextmanager
def audit_command(
    settings: Settings, action: AuditAction, where: Where | None = None
) -> Generator[None]:
    """Note the command that runs, then let it; note also that it was refused, if it was."""
    append_audit_entry(settings, action, where)
    with audit_refusals(settings, action, where):
        yield


@contextmanager
def audit_refusals(
    settings: Settings, action: AuditAction, where: Where | None = None
) -> Generator[None]:
    """Note that the command was refused, if it was; by itself for what changes nothing yet."""
    try:
        yield
    except Stop as refusal:
        if refusal.code not in COMPLETED_EXITS or action is AuditAction.MOVE:
            with suppress(Stop):  # What stopped it may keep this from being noted, too.
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
    """Note the command that runs, or stop."""
    try:
        asyncio.run(_append_entry(settings, action, where, outcome))
    except LogUnreachable as error:
        message = f"{error}, and nothing is shown or changed that is not noted"
        raise Stop(Exit.UNREACHABLE, f"{message}. `tocsin doctor` says what is missing.") from None


async def _append_entry(
    settings: Settings, action: AuditAction, where: Where | None, outcome: AuditOutcome
) -> None:
    log = open_audit_log(settings, "tocsin")
    try:
        command = " ".join(["tocsin", *sys.argv[1:]])
        await log.log_action(action, command, why=settings.why, where=where, outcome=outcome)
    finally:
        await log.close()
