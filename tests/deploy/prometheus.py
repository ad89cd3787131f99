"""Runs a Prometheus of one zone with the committed configuration against processes of a test."""

from __future__ import annotations

import json
import re
import shutil
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

from streams.local.ports import free_ports
from streams.local.process import Process
from tests.deploy.programs import PROMETHEUS, RULES
from tests.paths import skip_or_fail


@dataclass
class Prometheus:
    """A Prometheus of *zone* in *folder* that runs within a ``with`` block.

    *targets* maps the hosts of its configuration to local addresses.  It scrapes and evaluates
    every second instead of every 15.
    """

    folder: Path
    zone: str
    targets: dict[str, str]
    token: Path | None = None
    port: int = field(default_factory=lambda: free_ports(1)[0])
    process: Process = field(init=False)

    def __enter__(self) -> Prometheus:
        if shutil.which("prometheus") is None:
            skip_or_fail("no prometheus on PATH (Debian: prometheus)")
        self.folder.mkdir()
        (self.folder / "prometheus.yml").write_text(self.configuration())
        self.process = Process(self.folder)
        arguments = [
            "--config.file=prometheus.yml",
            f"--storage.tsdb.path={self.folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
            "--enable-feature=exemplar-storage",
            "--log.level=warn",
        ]
        self.process.start(["prometheus", *arguments], ends_with_parent=True)
        return self

    def __exit__(self, *raised: object) -> None:
        self.process.stop()

    def configuration(self) -> str:
        """Return the committed configuration with local paths and addresses."""
        text = (PROMETHEUS / f"{self.zone}.yml").read_text()
        text = text.replace("/etc/prometheus/rules", str(RULES))
        text = re.sub(r"(interval|timeout): 1\ds", r"\1: 1s", text)
        text = text.replace("/run/secrets/metrics-token", str(self.token))
        for host, address in self.targets.items():
            text = text.replace(f'"{host}"', f'"{address}"')
        return text

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Return the current result of *expression*; empty while there are no samples."""
        return self.get("query", query=expression)["result"]

    def get(self, path: str, **parameters: str) -> Any:
        """Return the data of an API request; empty lists while Prometheus is not ready."""
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url, timeout=10) as response:
                return json.load(response)["data"]
        except urllib.error.HTTPError as error:
            if error.code != HTTPStatus.SERVICE_UNAVAILABLE:
                raise AssertionError(error.read().decode()) from None
        except OSError:
            pass
        return {"result": [], "alerts": []}
