"""``tocsin doctor``: checks a deployment, and prints the next command for each problem."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict

from rich.console import Console
from rich.text import Text

from streams.diagnostics.doctor import run_checks
from streams.diagnostics.finding import CheckState, Finding
from tocsin.common.exits import Exit, Stop
from tocsin.common.flags import Json
from tocsin.common.services import silence_libraries
from tocsin.common.terminal import cli_console, printable

STATE_LABELS = {
    CheckState.WELL: ("ok           ", "green"),
    CheckState.ABSENT: ("absent       ", "dim"),
    CheckState.WRONG: ("WRONG        ", "bold yellow"),
    CheckState.UNREACHABLE: ("UNREACHABLE  ", "bold red"),
}


def doctor(*, json_lines: Json = False) -> None:
    """Check settings, services, partitions and programs; print the command that fixes a problem.

    It also says when no worker folds the log, when no deliverer runs and when nobody ticks.

    Exit codes: 0 no problem, 2 a setting or a service is wrong or a partition is stopped, 4 a
    service does not answer.

    Parameters
    ----------
    json_lines
        Print a JSON object for each check.
    """
    silence_libraries()
    findings = asyncio.run(print_findings(None if json_lines else cli_console()))
    states = {finding.state for finding in findings}
    if CheckState.UNREACHABLE in states:
        raise Stop(Exit.UNREACHABLE, "a service does not answer: see above.")
    if CheckState.WRONG in states:
        raise Stop(Exit.USAGE, "a check failed: see above.")


async def print_findings(console: Console | None) -> list[Finding]:
    """Run all checks and print each finding at once; on *console*, or without one as JSON."""
    findings: list[Finding] = []
    async for finding in run_checks():
        findings.append(finding)
        if console is None:
            print(json.dumps(asdict(finding)), flush=True)
        else:
            show_finding(console, finding)
    return findings


def show_finding(console: Console, finding: Finding) -> None:
    """Print a line for the finding, and one for the next command."""
    subject = f"{finding.what:<22}"
    message = printable(finding.says)
    console.print(
        Text.assemble(STATE_LABELS[finding.state], (subject, "bold"), message), soft_wrap=True
    )
    if finding.next:
        console.print(Text(f"{'':<13}{'':<22}next: {printable(finding.next)}"), soft_wrap=True)
