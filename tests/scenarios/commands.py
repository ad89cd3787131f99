"""Runs `python -m tocsin` as a user does, and writes small logs for it."""

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
    """Exit code and output of a command."""

    code: int
    stdout: str
    stderr: str

    @property
    def json_lines(self) -> list[JsonObject]:
        """The JSON lines of stdout."""
        return [json.loads(line) for line in self.stdout.splitlines()]

    @property
    def result(self) -> JsonObject:
        """The last JSON line of stdout."""
        return self.json_lines[-1]


def run_tocsin(
    *arguments: str | Path, columns: int | None = None, **environment: str
) -> CommandResult:
    """Run the command line with *arguments*; stdout and stderr are pipes."""
    process = subprocess.run(
        [sys.executable, "-m", "tocsin", *map(str, arguments)],
        cwd=ROOT,
        env=command_environment(columns, **environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=SECONDS_MAX,
        check=False,
    )
    return CommandResult(process.returncode, process.stdout.decode(), process.stderr.decode())


def command_environment(columns: int | None = None, **more: str) -> dict[str, str]:
    """Return the tests' environment without colour and width variables, updated with *more*."""
    inherited = {
        name: value for name, value in os.environ.items() if name not in TERMINAL_VARIABLES
    }
    return inherited | more | ({} if columns is None else {"COLUMNS": str(columns)})


def is_refused(run: CommandResult, code: int, *texts: str) -> bool:
    """Assert that the command ended with *code* and printed *texts* on stderr, and return True.

    A traceback fails the assertion.
    """
    assert run.code == code, run
    assert "Traceback" not in run.stdout + run.stderr, run.stderr
    message = re.sub(r"[│\s]+", " ", run.stderr)
    assert all(text in message for text in texts), run.stderr
    return True


def plan_toml(study: str = "S", rate: float = 1.0) -> str:
    """Return a plan with one reference watch on clots."""
    return PLAN.format(study=study, rate=rate)


def wire_record(
    kind: str, name: str, day: str, *, study: str = "S", version: int = 1, **more: Any
) -> JsonObject:
    """Return a record that is known at noon of *day*."""
    source = {"system": "edc", "id": name, "version": version}
    envelope = {"schema": "trial.log/1", "type": kind, "study": study, "source": source}
    return {**envelope, "known_at": f"{day}T12:00:00Z", **more}


def plan_record(study: str = "S", rate: float = 1.0) -> JsonObject:
    """Return the record of the plan of `plan_toml`."""
    toml = plan_toml(study, rate)
    digest = sha256(toml.encode()).hexdigest()
    return wire_record("plan", "plan", "2020-01-01", study=study, toml=toml, sha256=digest)


def treatment_record(subject: str, treatment: str = "drug", study: str = "S") -> JsonObject:
    """Return the record that *subject* starts *treatment* on 2 January 2020."""
    content: JsonObject = {"subject": subject, "treatment": treatment, "period": "first"}
    name, day = f"t-{subject}", "2020-01-02"
    return wire_record("treatment", name, day, study=study, start=day, **content)


def clot_record(
    subject: str, day: str, *, study: str = "S", version: int = 1, **more: Any
) -> JsonObject:
    """Return a deep vein thrombosis of *subject* with onset *day*, known that day.

    Where *day* is a month, the record is known on the 28th.
    """
    content: JsonObject = {
        "preferred_term": "DVT",
        "system_organ_class": "VASC",
        "onset": day,
        **more,
    }
    return wire_record(
        "adverse_event",
        f"ae-{subject}",
        f"{day}-28"[:10],
        study=study,
        version=version,
        subject=subject,
        **content,
    )


def small_log(study: str = "S") -> list[JsonObject]:
    """Return a plan, two subjects on drug, one on placebo, and two clots on drug."""
    return [
        plan_record(study),
        treatment_record("A", study=study),
        treatment_record("B", study=study),
        treatment_record("C", "placebo", study=study),
        clot_record("A", "2020-01-20", study=study),
        clot_record("B", "2020-02-10", study=study),
    ]


def write_log(folder: Path, lines: Sequence[JsonObject | bytes], *, end: bytes = b"\n") -> Path:
    """Write *lines* to a log in *folder*; bytes are written unchanged."""
    path = folder / "log.jsonl"
    raw = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    path.write_bytes(b"\n".join(raw) + end)
    return path
