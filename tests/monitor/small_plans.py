"""Write the plan of a small trial in few words."""

from __future__ import annotations

import json
from typing import Any

from tests.monitor.builders import STUDY


def plan_of(*watches: str, **options: Any) -> str:
    """A plan of `act` against `ctl`, two periods; *said* sets window, alpha, jump, groups, more."""
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
    """A TOML table, or one of a list of tables where *name* is in brackets of its own."""
    return "\n".join(
        [f"[{name}]", *(f"{key} = {json.dumps(each)}" for key, each in values.items())]
    )


def reference_watch(name: str = "clots", **overrides: Any) -> str:
    """A tier 1 watch of `act` against a rate: 1 per 100 patient-years of DVT unless *said*."""
    term = (
        {}
        if {"group", "system_organ_class", "preferred_term"} & overrides.keys()
        else {"preferred_term": "DVT"}
    )
    fields = {"kind": "reference", "treatment": "act", "rate_per_100_patient_years": 1}
    fields |= {"source": "A register"} | ({} if overrides.get("tier") == 3 else {"share": 1})
    return toml_table("[watches]", id=name, **term, **{**fields, **overrides})


def concurrent_watch(name: str = "clots", **overrides: Any) -> str:
    """A tier 1 watch of `act` against `ctl` in the first period, as treated, of DVT."""
    term = (
        {}
        if {"group", "system_organ_class", "preferred_term"} & overrides.keys()
        else {"preferred_term": "DVT"}
    )
    fields = {"kind": "concurrent", "treatment": "act", "period": "first"}
    fields |= {"analysis": "as_treated"} | ({} if overrides.get("tier") == 3 else {"share": 1})
    return toml_table("[watches]", id=name, **term, **{**fields, **overrides})
