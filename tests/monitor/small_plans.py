"""Write the plan of a small trial in few words."""

from __future__ import annotations

import json
from typing import Any

from tests.monitor.builders import STUDY


def plan_of(*watches: str, **said: Any) -> str:
    """A plan of `act` against `ctl`, two periods; *said* sets window, alpha, jump, groups, more."""
    return "\n".join(
        (
            f'study = "{STUDY}"\nalpha = {said.get("alpha", 0.05)}\nq = 0.1',
            f'[treatments]\ncontrol = "ctl"\nactive = {json.dumps(said.get("active", ["act"]))}',
            '[[periods]]\nid = "first"\nrandomised = true',
            '[[periods]]\nid = "later"\nrandomised = false',
            f"[at_risk]\nwindow_days = {json.dumps(said.get('window', 0))}",
            f"[limits]\nas_of_jump_days = {said.get('jump', 180)}",
            said.get("groups", ""),
            said.get("more", ""),
            *watches,
        )
    )


def table(name: str, **values: Any) -> str:
    """A TOML table, or one of a list of tables where *name* is in brackets of its own."""
    return "\n".join(
        [f"[{name}]", *(f"{key} = {json.dumps(each)}" for key, each in values.items())]
    )


def against_rate(name: str = "clots", **said: Any) -> str:
    """A tier 1 watch of `act` against a rate: 1 per 100 patient-years of DVT unless *said*."""
    term = (
        {}
        if {"group", "system_organ_class", "preferred_term"} & said.keys()
        else {"preferred_term": "DVT"}
    )
    fields = {"kind": "reference", "treatment": "act", "rate_per_100_patient_years": 1}
    fields |= {"source": "A register"} | ({} if said.get("tier") == 3 else {"share": 1})
    return table("[watches]", id=name, **term, **{**fields, **said})


def between_arms(name: str = "clots", **said: Any) -> str:
    """A tier 1 watch of `act` against `ctl` in the first period, as treated, of DVT."""
    term = (
        {}
        if {"group", "system_organ_class", "preferred_term"} & said.keys()
        else {"preferred_term": "DVT"}
    )
    fields = {"kind": "concurrent", "treatment": "act", "period": "first"}
    fields |= {"analysis": "as_treated"} | ({} if said.get("tier") == 3 else {"share": 1})
    return table("[watches]", id=name, **term, **{**fields, **said})
