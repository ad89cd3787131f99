"""A newcomer's hour: from an empty folder to a report, with no help but what commands print.

Each step takes its command from the output of the step before.  At each step one mistake is made,
and mended as its message says.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.paths import ROOT
from tests.scenarios.commands import CommandResult, command_environment
from tocsin.__main__ import app

SUBJECTS = """\
SUBJECT,SITE,ARM,RANDDATE,FIRSTDOSEDATE,EOSDT
101,S1,Drug 10 mg,03/04/2025,03/04/2025,06/30/2025
102,S1,Sugar pill,03/05/2025,03/05/2025,05/28/2025
103,S2,Drug 10 mg,03/14/2025,03/14/2025,06/30/2025
104,S2,Sugar pill,03/20/2025,03/20/2025,06/30/2025
"""
EVENTS = """\
SUBJECT,AENO,PT,SOC,ONSET,REPORTDATE,SERIOUS,SEVERITY,CAUSALITY,OUTCOME
101,1,Headache,Nervous system disorders,03/04/2025,03/05/2025,N,Tolerable,Possible,Recovered
103,1,Pulmonary embolism,Respiratory disorders,04/07/2025,04/08/2025,Y,Severe,Probable,Recovered
102,1,Cardiac arrest,Cardiac disorders,05/06/2025,05/07/2025,Y,Severe,Unlikely,Fatal
"""
"""Listings with labels; no day over 12 among the events decides the order of day and month."""

DEATH_RULE = '[[rules]]\nname = "deaths"\nwhen = "fatal"\n'


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Runs commands in a folder of their own, as they are printed."""

    folder: Path

    def run(self, *words: str) -> CommandResult:
        """Run the command of *words*, which begin with `tocsin`."""
        assert words[0] == "tocsin", words
        process = subprocess.run(
            [sys.executable, "-m", *words],
            cwd=self.folder,
            env=command_environment(200, PYTHONPATH=os.fspath(ROOT)),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in process.stderr, process.stderr
        return CommandResult(process.returncode, process.stdout, process.stderr)

    def write(self, name: str, text: str) -> None:
        """Write a file of the folder."""
        (self.folder / name).parent.mkdir(exist_ok=True)
        (self.folder / name).write_text(text, encoding="utf-8")

    def replace(self, name: str, old: str, new: str) -> None:
        """Edit a file of the folder; *old* has to be in it."""
        text = (self.folder / name).read_text(encoding="utf-8")
        assert old in text, (name, old)
        self.write(name, text.replace(old, new))


def printed(run: CommandResult, command: str, **fillings: str) -> list[str]:
    """Return the words of *command* as the output of *run* has it, with placeholders filled."""
    lines = f"{run.stdout}\n{run.stderr}".splitlines()
    commands = (re.sub(r"^(next:)?\s+", "", line) for line in lines)
    found = next(line for line in commands if line.startswith(f"tocsin {command}"))
    return [fillings.get(word, word) for word in shlex.split(found)]


def test_a_newcomer_gets_from_nothing_to_a_report(tmp_path: Path):
    """Init, validate, draft, ingest, validate, replay, report: each message leads to the next."""
    newcomer = Newcomer(tmp_path)
    begun = begin(newcomer)
    correct_plan(newcomer, begun)
    correct_sample(newcomer, begun)
    ingested = ingest(newcomer, begun)
    validated = newcomer.run(*printed(ingested, "validate"))
    assert "none would be refused" in validated.stdout, validated

    replay = printed(validated, "replay")
    mistaken = newcomer.run(*replay, "--as-of", "06/30/2025")
    assert mistaken.code == 2 and "YYYY-MM-DD" in mistaken.stderr
    replayed = newcomer.run(*replay, "--as-of", "2025-06-30")
    assert replayed.code == 0 and "Pulmonary embolism" in replayed.stdout
    assert "rule/deaths" in replayed.stdout and "Cardiac arrest" in replayed.stdout
    report(newcomer, validated)


def begin(newcomer: Newcomer) -> CommandResult:
    """Make a plan; the first try names arms of which none is called placebo."""
    arms = ("--study", "T-1", "--arm", "Drug 10 mg", "--arm", "Sugar pill")
    mistaken = newcomer.run("tocsin", "init", "study", *arms)
    assert mistaken.code == 2 and "--control NAME" in mistaken.stderr
    name = re.findall(r"'(\w+)'", mistaken.stderr)[1]
    begun = newcomer.run("tocsin", "init", "study", *arms, "--control", name)
    assert begun.code == 0, begun
    return begun


def correct_plan(newcomer: Newcomer, begun: CommandResult) -> None:
    """Lose the rule for deaths, which `check` warns of; put it back in other words."""
    newcomer.replace("study/plan.toml", DEATH_RULE, "")
    check = printed(begun, "check")
    warned = newcomer.run(*check)
    assert "death" in warned.stderr and 'when = "fatal"' in warned.stderr, warned.stderr
    text = (newcomer.folder / "study/plan.toml").read_text(encoding="utf-8")
    newcomer.write("study/plan.toml", text + "\n" + DEATH_RULE)
    mended = newcomer.run(*check)
    assert mended.code == 0 and 'when = "fatal"' not in mended.stderr


def correct_sample(newcomer: Newcomer, begun: CommandResult) -> None:
    """Write a day in another form into the sample log; the message names line and form."""
    validate = printed(begun, "validate")
    good = (newcomer.folder / "study/sample.jsonl").read_text(encoding="utf-8")
    newcomer.replace("study/sample.jsonl", '"start":"2026-01-05"', '"start":"05/01/2026"')
    refused = newcomer.run(*validate)
    assert refused.code == 3 and "YYYY-MM-DD" in refused.stdout
    assert "05/01/2026" not in refused.stdout
    assert re.match(r"line \d+: bad_date: ", refused.stdout)
    newcomer.write("study/sample.jsonl", good)
    assert newcomer.run(*validate).code == 0


def ingest(newcomer: Newcomer, begun: CommandResult) -> CommandResult:
    """Draft a mapping of two listings, and complete it as draft and refusals say."""
    newcomer.write("listings/dm.csv", SUBJECTS)
    newcomer.write("listings/ae.csv", EVENTS)
    draft, separator = printed(begun, "ingest csv --draft", LISTINGS="listings"), ">"
    name = draft[draft.index(separator) + 1]
    drafted = newcomer.run(*draft[: draft.index(separator)])
    assert drafted.code == 0 and printed(drafted, "ingest csv listings")
    newcomer.write(name, drafted.stdout)

    convert = printed(begun, "ingest csv LISTINGS", LISTINGS="listings")
    refused = newcomer.run(*convert)
    assert refused.code == 3 and not (newcomer.folder / "log.jsonl").exists()
    assert "add the format to `dates`" in refused.stderr
    assert "add it to [file.codes] of its file" in refused.stderr
    assert "Tolerable" not in refused.stderr
    newcomer.replace(name, '# dates = ["%m/%d/%Y"]', 'dates = ["%m/%d/%Y"]')
    for word, meaning in (("Tolerable", "mild"), ("Recovered", "recovered")):
        newcomer.replace(name, f'# "{word}" = "..."', f'"{word}" = "{meaning}"')
    ingested = newcomer.run(*convert)
    assert ingested.code == 0, ingested.stderr
    return ingested


def report(newcomer: Newcomer, validated: CommandResult) -> None:
    """Write the report of the study, where this version has the command."""
    if "report" not in app:
        return
    command = printed(validated, "report")
    target = command[command.index("--to") + 1]
    newcomer.write(f"{target}/notes.txt", "mine")
    mistaken = newcomer.run(*command)
    assert mistaken.code == 2 and "not empty" in mistaken.stderr
    (newcomer.folder / target / "notes.txt").unlink()
    written = newcomer.run(*command, "--format", "html")
    assert written.code == 0 and (newcomer.folder / target / "open").is_dir(), written
