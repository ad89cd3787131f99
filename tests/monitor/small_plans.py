"""Builders of plans of a small trial."""

from __future__ import annotations

import json
from typing import Any

from tests.monitor.builders import STUDY


def plan_of(*watches: str, **options: Any) -> str:
    """A plan of `act` against `ctl` with two periods; *options* are window, alpha, jump etc."""
    return "\n".join(
        (
            f'study = "{STUDY}"\nalpha = {options.get("alpha", 0.05)}\nq = 0.1',
            f'[treatments]\ncontrol = "ctl"\nactive = {json.dumps(options.get("active", ["act"]))}',
            '[[periods]]\nid = "first"\nrandomised = true',
            '[[periods]]\nid = "later"\nrandomised = false',
            f"[at_risk]\nwindow_days = {json.dumps(options.get('window', 0))}",
            f"[limits]\nas_of_jump_days = {options.get('jump', 180)}",
            options.get("groups", ""),
            options.get("more", ""),
            *watches,
        )
    )


def toml_table(name: str, **values: Any) -> str:
    """A TOML table; one of an array of tables where *name* has its own brackets."""
    return "\n".join(
        [f"[{name}]", *(f"{key} = {json.dumps(each)}" for key, each in values.items())]
    )


def reference_watch(name: str = "clots", **overrides: Any) -> str:
    """A tier 1 watch of DVT on `act` against 1 per 100 patient-years, with *overrides*."""
    term = (
        {}
        if {"group", "system_organ_class", "preferred_term"} & overrides.keys()
        else {"preferred_term": "DVT"}
    )
    fields = {"kind": "reference", "treatment": "act", "rate_per_100_patient_years": 1}
    fields |= {"source": "A register"} | ({} if overrides.get("tier") == 3 else {"share": 1})
    return toml_table("[watches]", id=name, **term, **{**fields, **overrides})


def concurrent_watch(name: str = "clots", **overrides: Any) -> str:
    """A tier 1 watch of DVT on `act` against `ctl`, as treated in the first period."""
    term = (
        {}
        if {"group", "system_organ_class", "preferred_term"} & overrides.keys()
        else {"preferred_term": "DVT"}
    )
    fields = {"kind": "concurrent", "treatment": "act", "period": "first"}
    fields |= {"analysis": "as_treated"} | ({} if overrides.get("tier") == 3 else {"share": 1})
    return toml_table("[watches]", id=name, **term, **{**fields, **overrides})
