"""``tocsin doctor``: what is not well around here, and the next command to type."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict

from rich.console import Console
from rich.text import Text

from streams.diagnostics.doctor import Finding, State, examined
from tocsin.common.exits import Exit, Stop
from tocsin.common.flags import Json
from tocsin.common.services import be_quiet
from tocsin.common.terminal import paper, plain

MARKS = {
    State.WELL: ("well         ", "green"),
    State.ABSENT: ("not here     ", "dim"),
    State.WRONG: ("WRONG        ", "bold yellow"),
    State.UNREACHABLE: ("UNREACHABLE  ", "bold red"),
}


def doctor(*, json_lines: Json = False) -> None:
    """Look at settings, services, partitions and programs; say what to type for what is not well.

    Exit codes: 0 all is well, 2 something is set up wrongly or a partition stands still, 4
    something does not answer.

    Parameters
    ----------
    json_lines
        Prints a JSON object for each finding.
    """
    be_quiet()
    found = asyncio.run(told(None if json_lines else paper()))
    states = {finding.state for finding in found}
    if State.UNREACHABLE in states:
        raise Stop(Exit.UNREACHABLE, "something does not answer: see above.")
    if State.WRONG in states:
        raise Stop(Exit.USAGE, "something is not as it must be: see above.")


async def told(console: Console | None) -> list[Finding]:
    """All findings, each told as soon as it is known."""
    found: list[Finding] = []
    async for finding in examined():
        found.append(finding)
        if console is None:
            print(json.dumps(asdict(finding)), flush=True)
        else:
            show(console, finding)
    return found


def show(console: Console, finding: Finding) -> None:
    """A line for what was found, and one for what to type."""
    what = f"{finding.what:<22}"
    says = plain(finding.says)
    console.print(Text.assemble(MARKS[finding.state], (what, "bold"), says), soft_wrap=True)
    if finding.next:
        console.print(Text(f"{'':<13}{'':<22}next: {plain(finding.next)}"), soft_wrap=True)
