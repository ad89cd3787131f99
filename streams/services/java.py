"""Says whether Kafka's server can be run here, and if not, what is missing."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

JAVA_MIN = 17
"""The oldest Java that Kafka 4's server runs on."""


def unavailable(libs: Path) -> str | None:
    """Why no broker can be started from *libs* here, with the remedy; None if one can."""
    java = shutil.which("java")
    version = java_version(java) if java else 0
    if version < JAVA_MIN:
        found = f"Java {version} is too old" if version else "no Java on PATH"
        return f"{found}: Kafka's server needs {JAVA_MIN} or later"
    if not any(libs.glob("kafka_2.13-*.jar")):
        return f"Kafka's jars are not in {libs}: run `make jars`, which needs Maven"
    return None


def java_version(program: str) -> int:
    """The major version of a Java; 0 for a program of that name that is none."""
    told = subprocess.run([program, "-version"], capture_output=True, text=True, check=False).stderr
    match = re.search(r'version "(\d+)', told)
    return int(match[1]) if match else 0
