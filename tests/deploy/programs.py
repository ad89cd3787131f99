"""Runs promtool and amtool, and reads the rules and the exported series of a zone."""

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
"""A metric name in an expression, alone or within the name of a recording rule."""

RECORDED_NAME = re.compile(r"(?<![\w:])(\w+:safety_\w+:\w+)")


def run_program(program: str, *words: str | Path, stdin: bytes = b"") -> str:
    """Run *program* with the arguments *words*; return its output.  It must exit with 0."""
    if shutil.which(program) is None:
        skip_or_fail(f"no {program} on PATH (Debian: {PACKAGES[program]})")
    completed = subprocess.run(
        [program, *map(str, words)],
        input=stdin,
        capture_output=True,
        timeout=60,
        check=False,
    )
    output = (completed.stdout + completed.stderr).decode()
    assert completed.returncode == 0, output
    return output


def rules(zone: str) -> Iterator[dict[str, Any]]:
    """Yield every recording and alerting rule of *zone*."""
    for group in yaml.safe_load((RULES / f"{zone}.yml").read_text())["groups"]:
        yield from group["rules"]


def recorded_series(zone: str) -> set[str]:
    """Return the names of the series that the rules of *zone* record."""
    return {rule["record"] for rule in rules(zone) if "record" in rule}


def exported_series(zone: str) -> set[str]:
    """Return the names of all series that *zone* exports, with the parts of its histograms."""
    names: set[str] = set()
    for metric in CATALOGUE:
        if metric.zone == Zone(zone):
            parts = ("_bucket", "_sum", "_count") if metric.kind is MetricKind.HISTOGRAM else ("",)
            names |= {f"{metric.name}{part}" for part in parts}
    return names


def unknown_names(expression: str, zone: str) -> set[str]:
    """Return the names in *expression* that *zone* neither exports nor records."""
    recorded = recorded_series(zone)
    unknown = {name for name in RECORDED_NAME.findall(expression) if name not in recorded}
    without_recorded = RECORDED_NAME.sub("", expression)
    return unknown | {
        name for name in METRIC_NAME.findall(without_recorded) if name not in exported_series(zone)
    }
