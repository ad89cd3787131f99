"""Prometheus' own programs, which judge what is written for it."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from streams.metrics.catalogue import CATALOGUE, MetricKind, Zone
from tests.paths import ROOT, skip_or_fail

PROMETHEUS = ROOT / "deploy" / "prometheus"
RULES = PROMETHEUS / "rules"

PACKAGES = {"promtool": "prometheus", "amtool": "prometheus-alertmanager"}

METRIC_NAME = re.compile(r"(?<![\w:])(?:\w+:)?(safety_\w+)")
"""A metric's name in an expression, on its own or in the name of a recording rule."""

RECORDED_NAME = re.compile(r"(?<![\w:])(\w+:safety_\w+:\w+)")


def run_program(program: str, *words: str | Path, stdin: bytes = b"") -> str:
    """What *program* prints about *words*, with *told* on its input; it must be content."""
    if shutil.which(program) is None:
        skip_or_fail(f"no {program} on PATH (Debian: {PACKAGES[program]})")
    done = subprocess.run(
        [program, *map(str, words)],
        input=stdin,
        capture_output=True,
        timeout=60,
        check=False,
    )
    output = (done.stdout + done.stderr).decode()
    assert done.returncode == 0, output
    return output


def rules(zone: str) -> Iterator[dict[str, Any]]:
    """Every rule of *zone*: recorded and alerting."""
    for group in yaml.safe_load((RULES / f"{zone}.yml").read_text())["groups"]:
        yield from group["rules"]


def recorded_series(zone: str) -> set[str]:
    """Names of the series that the rules of *zone* record."""
    return {rule["record"] for rule in rules(zone) if "record" in rule}


def exported_series(zone: str) -> set[str]:
    """Names of all series that *zone* exports: of the catalogue, and of its histograms' parts."""
    found: set[str] = set()
    for metric in CATALOGUE:
        if metric.zone == Zone(zone):
            parts = ("_bucket", "_sum", "_count") if metric.kind is MetricKind.HISTOGRAM else ("",)
            found |= {f"{metric.name}{part}" for part in parts}
    return found


def unknown_names(expression: str, zone: str) -> set[str]:
    """What *expression* names that *zone* neither exports nor records."""
    known = recorded_series(zone)
    found = {name for name in RECORDED_NAME.findall(expression) if name not in known}
    plain = RECORDED_NAME.sub("", expression)
    return found | {
        name for name in METRIC_NAME.findall(plain) if name not in exported_series(zone)
    }
