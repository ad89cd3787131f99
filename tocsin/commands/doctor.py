"""``tocsin doctor``: what is not well around here, and the next command to type."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict

from rich.console import Console
from rich.text import Text

from streams.diagnostics.doctor import CheckState, Finding, run_checks
from tocsin.common.exits import Exit, Stop
from tocsin.common.flags import Json
from tocsin.common.services import silence_libraries
from tocsin.common.terminal import cli_console, printable

STATE_LABELS = {
    CheckState.WELL: ("well         ", "green"),
    CheckState.ABSENT: ("not here     ", "dim"),
    CheckState.WRONG: ("WRONG        ", "bold yellow"),
    CheckState.UNREACHABLE: ("UNREACHABLE  ", "bold red"),
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
    silence_libraries()
    findings = asyncio.run(print_findings(None if json_lines else cli_console()))
    states = {finding.state for finding in findings}
    if CheckState.UNREACHABLE in states:
        raise Stop(Exit.UNREACHABLE, "something does not answer: see above.")
    if CheckState.WRONG in states:
        raise Stop(Exit.USAGE, "something is not as it must be: see above.")


async def print_findings(console: Console | None) -> list[Finding]:
    """All findings, each told as soon as it is known."""
    findings: list[Finding] = []
    async for finding in run_checks():
        findings.append(finding)
        if console is None:
            print(json.dumps(asdict(finding)), flush=True)
        else:
            show_finding(console, finding)
    return findings


def show_finding(console: Console, finding: Finding) -> None:
    """A line for what was found, and one for what to type."""
    subject = f"{finding.what:<22}"
    message = printable(finding.says)
    console.print(
        Text.assemble(STATE_LABELS[finding.state], (subject, "bold"), message), soft_wrap=True
    )
    if finding.next:
        console.print(Text(f"{'':<13}{'':<22}next: {printable(finding.next)}"), soft_wrap=True)
