"""Reads docker-compose.yml and the paths of the repository that it mounts."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.paths import ROOT

COMPOSE_FILE = ROOT / "docker-compose.yml"

ONE_SHOT = {"access", "init", "produce", "grafana-init", "operator", "board"}
"""Services that run one command and exit."""

OWN_IMAGE = re.compile(r"tocsin:\d+\.\d+\.\d+")
PINNED = re.compile(r"[\w./-]+:v?\d+\.\d+\.\d+(-[\w.]+)?(@sha256:[0-9a-f]{64})?")
"""An image with its full version; tags such as `8` or `latest` change their content."""


@cache
def compose() -> dict[str, Any]:
    """Return the file as compose reads it, with anchors resolved."""
    return yaml.safe_load(COMPOSE_FILE.read_text(encoding="utf-8"))


def services() -> dict[str, dict[str, Any]]:
    """Return the services by name."""
    return compose()["services"]


def binds(service: dict[str, Any]) -> list[tuple[Path, str, str]]:
    """Return the host path, container path and mode of each mounted path of the repository."""
    mounts = [str(each).split(":") for each in service.get("volumes", [])]
    return [
        (ROOT / host_path, container_path, "".join(mode))
        for host_path, container_path, *mode in mounts
        if "/" in host_path
    ]


def volumes(service: dict[str, Any]) -> list[str]:
    """Return the named volumes that *service* mounts."""
    return list(volume_paths(service))


def volume_paths(service: dict[str, Any]) -> dict[str, str]:
    """Return the container path of each named volume that *service* mounts."""
    mounts = [str(each).split(":") for each in service.get("volumes", [])]
    return {name: path for name, path, *_ in mounts if "/" not in name}


def dependencies(service: dict[str, Any]) -> dict[str, str]:
    """Return the services that *service* waits for, each with the awaited condition."""
    return {
        name: dependency["condition"] for name, dependency in service.get("depends_on", {}).items()
    }
