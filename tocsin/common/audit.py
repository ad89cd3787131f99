"""What a command reads or changes is noted first: what cannot be noted is not done."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress

from streams.audit.audit_log import Act, Outcome, Where
from streams.audit.trails import audit_log
from streams.log import LogUnreachable
from streams.settings import Settings
from tocsin.common.exits import Exit, Stop

AFTERWARDS = Exit.REJECTED, Exit.SIGNAL
"""Exit codes of a command that did what it was asked to, and found something; but for a move."""


@contextmanager
def audited(settings: Settings, act: Act, where: Where | None = None) -> Generator[None]:
    """Note the command that runs, then let it; note also that it was refused, if it was."""
    note(settings, act, where)
    with refusals(settings, act, where):
        yield


@contextmanager
def refusals(settings: Settings, act: Act, where: Where | None = None) -> Generator[None]:
    """Note that the command was refused, if it was; by itself for what changes nothing yet."""
    try:
        yield
    except Stop as stop:
        if stop.code not in AFTERWARDS or act is Act.MOVE:
            with suppress(Stop):  # What stopped it may keep this from being noted, too.
                note(settings, act, {**(where or {}), "exit": int(stop.code)}, Outcome.REFUSED)
        raise


def note(
    settings: Settings, act: Act, where: Where | None = None, outcome: Outcome = Outcome.DONE
) -> None:
    """Note the command that runs, or stop."""
    try:
        asyncio.run(_note(settings, act, where, outcome))
    except LogUnreachable as error:
        says = f"{error}, and nothing is shown or changed that is not noted"
        raise Stop(Exit.UNREACHABLE, f"{says}. `tocsin doctor` says what is missing.") from None


async def _note(settings: Settings, act: Act, where: Where | None, outcome: Outcome) -> None:
    log = audit_log(settings, "tocsin")
    try:
        what = " ".join(["tocsin", *sys.argv[1:]])
        await log.note(act, what, why=settings.why, where=where, outcome=outcome)
    finally:
        await log.close()
