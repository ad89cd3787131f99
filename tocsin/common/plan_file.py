"""Reads a plan from a file."""

from __future__ import annotations

from pathlib import Path

from monitor.plan.plan import Plan, PlanError, read_plan
from tocsin.common.exits import Exit, Stop


def read_plan_file(path: Path) -> Plan:
    """Read the monitoring plan (TOML) at *path*.

    Raises Stop with the line and the remedy where the file has no valid plan.
    """
    try:
        return read_plan(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Stop(Exit.USAGE, f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        message = f"{path} is not UTF-8 text (byte {error.start}). Give a plan in TOML."
        raise Stop(Exit.USAGE, message) from None
    except PlanError as error:
        raise Stop(Exit.USAGE, f"{path}, {error}") from None
