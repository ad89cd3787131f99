"""Runs `python -m tocsin` as a user does, on small logs written for the purpose."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.paths import ROOT

JsonObject = dict[str, Any]

SECONDS_MAX = 120
ESCAPE = "\x1b"
TERMINAL_VARIABLES = (
    "NO_COLOR",
    "FORCE_COLOR",
    "COLUMNS",
    "LINES",
    "TTY_COMPATIBLE",
    "PYTHONIOENCODING",
)

PLAN = """\
study = "{study}"
title = "A small trial"

[treatments]
control = "placebo"
active = ["drug"]

[[periods]]
id = "first"

[groups.clots]
preferred_terms = ["DVT"]

[[watches]]
id = "clots"
kind = "reference"
group = "clots"
rate_per_100_patient_years = {rate}
source = "A register"
share = 1
"""


@dataclass(frozen=True, slots=True)
class CommandResult:
    """How a command ended and what it said."""

    code: int
    stdout: str
    stderr: str

    @property
    def json_lines(self) -> list[JsonObject]:
        """What it printed for programs."""
        return [json.loads(line) for line in self.stdout.splitlines()]

    @property
    def result(self) -> JsonObject:
        """The last line that it printed for programs."""
        return self.json_lines[-1]


def run_tocsin(*words: str | Path, columns: int | None = None, **environment: str) -> CommandResult:
    """Run the command line with *words*; both streams are pipes."""
    done = subprocess.run(
        [sys.executable, "-m", "tocsin", *map(str, words)],
        cwd=ROOT,
        env=command_environment(columns, **environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=SECONDS_MAX,
        check=False,
    )
    return CommandResult(done.returncode, done.stdout.decode(), done.stderr.decode())


def command_environment(columns: int | None = None, **more: str) -> dict[str, str]:
    """The environment of the tests without what steers colours and widths, then *more*."""
    inherited = {
        name: value for name, value in os.environ.items() if name not in TERMINAL_VARIABLES
    }
    return inherited | more | ({} if columns is None else {"COLUMNS": str(columns)})


def is_refused(done: CommandResult, code: int, *texts: str) -> bool:
    """Whether the command ended with *code*, said all of *says* on stderr, and was no accident."""
    assert done.code == code, done
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    flat = re.sub(r"[│\s]+", " ", done.stderr)
    assert all(what in flat for what in texts), done.stderr
    return True


def plan_toml(study: str = "S", rate: float = 1.0) -> str:
    """A plan with one reference watch on clots."""
    return PLAN.format(study=study, rate=rate)


def wire_record(
    kind: str, name: str, day: str, *, study: str = "S", version: int = 1, **more: Any
) -> JsonObject:
    """One record, known at noon of *day*."""
    source = {"system": "edc", "id": name, "version": version}
    head = {"schema": "trial.log/1", "type": kind, "study": study, "source": source}
    return {**head, "known_at": f"{day}T12:00:00Z", **more}


def plan_record(study: str = "S", rate: float = 1.0) -> JsonObject:
    """The record of the plan."""
    toml = plan_toml(study, rate)
    digest = sha256(toml.encode()).hexdigest()
    return wire_record("plan", "plan", "2020-01-01", study=study, toml=toml, sha256=digest)


def treatment_record(subject: str, treatment: str = "drug", study: str = "S") -> JsonObject:
    """*subject* starts *treatment* on 2 January 2020."""
    facts: JsonObject = {"subject": subject, "treatment": treatment, "period": "first"}
    name, day = f"t-{subject}", "2020-01-02"
    return wire_record("treatment", name, day, study=study, start=day, **facts)


def clot_record(
    subject: str, day: str, *, study: str = "S", version: int = 1, **more: Any
) -> JsonObject:
    """*subject* has a deep vein thrombosis on *day*, known that day."""
    term: JsonObject = {"preferred_term": "DVT", "system_organ_class": "VASC", "onset": day, **more}
    return wire_record(
        "adverse_event",
        f"ae-{subject}",
        f"{day}-28"[:10],
        study=study,
        version=version,
        subject=subject,
        **term,
    )


def small_log(study: str = "S") -> list[JsonObject]:
    """A plan, two subjects on drug and one on placebo, and two clots on drug."""
    return [
        plan_record(study),
        treatment_record("A", study=study),
        treatment_record("B", study=study),
        treatment_record("C", "placebo", study=study),
        clot_record("A", "2020-01-20", study=study),
        clot_record("B", "2020-02-10", study=study),
    ]


def write_log(folder: Path, lines: Sequence[JsonObject | bytes], *, end: bytes = b"\n") -> Path:
    """A log of *lines* in *folder*; bytes are written as they are."""
    path = folder / "log.jsonl"
    raw = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    path.write_bytes(b"\n".join(raw) + end)
    return path
