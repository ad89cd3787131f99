"""How the programs of the stack are started and asked whether they are healthy."""

from __future__ import annotations

import ssl
import urllib.request

import yaml

SHORTENED_INTERVALS = {"scrape_interval", "scrape_timeout", "evaluation_interval"}


def with_short_intervals(text: str) -> str:
    """Return a Prometheus configuration with intervals of 1 s, so that tests are fast."""
    configuration = yaml.safe_load(text)
    configuration["global"] |= dict.fromkeys(
        configuration["global"].keys() & SHORTENED_INTERVALS, "1s"
    )
    return yaml.safe_dump(configuration)


def env_command(environment: dict[str, str]) -> list[str]:
    """Return the command prefix that runs a program with *environment* only."""
    return ["env", "-i", *(f"{name}={value}" for name, value in environment.items())]


def is_healthy(url: str, trust: ssl.SSLContext) -> bool:
    """Return whether a probe responds with 200."""
    try:
        with urllib.request.urlopen(url, timeout=5, context=trust) as response:
            return response.status == 200
    except OSError:
        return False
