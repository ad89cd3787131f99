"""Gives every term one spelling: that of the active case known first, then of the first by id."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from unicodedata import category, normalize

from tests.independent.wire_records import Record

KINDS = ("preferred_term", "system_organ_class")
TERM_LISTS = ("preferred_terms", "any_of")

Shown = dict[tuple[str, str], str]
"""The spelling of a term by its kind and folded form."""


@cache
def folded(text: str) -> str:
    """Return *text* without differences of case, white space, Unicode form or invisible marks."""
    visible = "".join(each for each in normalize("NFKC", text) if category(each) != "Cf")
    without_case = normalize("NFKC", normalize("NFKC", visible).casefold())
    return re.sub(r"\s+", " ", without_case).strip()


def shown_spellings(entities: Mapping[str, Record], known_at: Mapping[str, str]) -> Shown:
    """Return the spelling of each term of the active *entities*, known at *known_at* by name."""
    shown: Shown = {}
    for name in sorted(entities, key=lambda name: (known_at[name][:19], name)):
        if entities[name]["type"] == "adverse_event":
            for kind in KINDS:
                text = entities[name][kind]
                shown.setdefault((kind, folded(text)), text)
    return shown


def respelled(shown: Shown, kind: str, text: str) -> str:
    """Return *text* as the term is shown; as it is where no case has the term."""
    return shown.get((kind, folded(text)), text)


def respelled_case(shown: Shown, fields: Record) -> Record:
    """Return the *fields* of a case with its terms as they are shown, and a folded label group."""
    spelled = {kind: respelled(shown, kind, fields[kind]) for kind in KINDS}
    label = fields.get("label_group", fields["preferred_term"])
    return {**fields, **spelled, "label_group": folded(label)}


def respelled_plan(shown: Shown, plan: Record) -> Record:
    """Return *plan* with the terms of its watches and groups as they are shown."""
    watches = [
        {**watch, **{k: respelled(shown, k, watch[k]) for k in KINDS if k in watch}}
        for watch in plan.get("watches", [])
    ]
    groups = {
        name: {key: _respelled_value(shown, key, value) for key, value in group.items()}
        for name, group in plan.get("groups", {}).items()
    }
    return {**plan, "watches": watches, "groups": groups}


def _respelled_value(shown: Shown, key: str, value: object) -> object:
    if not isinstance(value, list):
        return value
    if key == "label_groups":
        return [folded(each) for each in value]
    if key == "both":
        return [_respelled_value(shown, "any_of", side) for side in value]
    return (
        [respelled(shown, "preferred_term", each) for each in value] if key in TERM_LISTS else value
    )
