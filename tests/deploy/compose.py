"""Reads docker-compose.yml, and what of the tree it stands on."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.paths import ROOT

COMPOSE_FILE = ROOT / "docker-compose.yml"

ONE_SHOT = {"access", "init", "produce", "grafana-init", "operator", "board"}
"""Services that do one thing and end."""

OWN_IMAGE = re.compile(r"tocsin:\d+\.\d+\.\d+")
PINNED = re.compile(r"[\w./-]+:v?\d+\.\d+\.\d+(-[\w.]+)?(@sha256:[0-9a-f]{64})?")
"""An image by its whole version: `8` or `latest` is another one tomorrow."""


@cache
def compose() -> dict[str, Any]:
    """The file as compose reads it, anchors resolved."""
    return yaml.safe_load(COMPOSE_FILE.read_text(encoding="utf-8"))


def services() -> dict[str, dict[str, Any]]:
    """Every service, by name."""
    return compose()["services"]


def binds(service: dict[str, Any]) -> list[tuple[Path, str, str]]:
    """What of the tree is mounted: the place here, the place there, and how."""
    mounts = [str(each).split(":") for each in service.get("volumes", [])]
    return [(ROOT / here, there, "".join(how)) for here, there, *how in mounts if "/" in here]


def volumes(service: dict[str, Any]) -> list[str]:
    """The named volumes that are mounted."""
    names = [str(each).partition(":")[0] for each in service.get("volumes", [])]
    return [name for name in names if "/" not in name]


def dependencies(service: dict[str, Any]) -> dict[str, str]:
    """What must be there before a service starts, and in which condition."""
    return {name: how["condition"] for name, how in service.get("depends_on", {}).items()}
