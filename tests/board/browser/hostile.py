"""A small trial whose terms, subjects, sites and verbatim texts are markup, code and formulas."""

from __future__ import annotations

import json
from functools import cache
from hashlib import sha256
from itertools import product
from typing import Any

import orjson

from alerts.register.update import register_of
from board.follower.from_log import facts_from_log
from board.views.catalogue import VIEWS
from board.views.facts import StudyFacts
from tests.scenarios.commands import (
    clot_record,
    plan_record,
    plan_toml,
    treatment_record,
)
from tests.streams.metrics.permuted_trial import RULES

BEGINNINGS = (
    "<script>window.hostile = 1</script>", "</script><script>window.hostile = 2</script>",
    "<img src=x onerror=window.hostile=3>", "\"'><svg onload=window.hostile=4>",
    "javascript:window.hostile=5", "=HYPERLINK(\"http://127.0.0.1:9\")", "+1+cmd|' /C calc'!A0",
    "-2+3", "@SUM(1)", "</title></style></textarea>",
)  # fmt: skip
ENDINGS = (
    "", "</td></tr></table>", "{{ 7 * 7 }}{% raw %}", "\u202egnirts\u202c",
    "👩‍⚕️🧪\U0001f1e8\U0001f1ed",
    "' onmouseover='window.hostile=6", "<!-- --><![CDATA[", "&lt;b&gt;&#60;i&#62;", "%3Cscript%3E",
    "<style>*{display:none}</style><a href=//127.0.0.1:9>",
)  # fmt: skip

TERMS = tuple("".join(pair) for pair in product(BEGINNINGS, ENDINGS))
"""A hundred hostile terms, each in one case."""


STUDY = "PRODERM"
"""The study that the client of the tests serves."""


@cache
def hostile_facts() -> StudyFacts:
    """The facts of the trial; all its terms are in the watched group, so that alerts are raised."""
    terms = ", ".join(json.dumps(each, ensure_ascii=False) for each in TERMS)
    toml = plan_toml(STUDY).replace('["DVT"]', f"[{terms}]") + RULES
    toml = toml.replace('"A small trial"', json.dumps(TERMS[0]))
    plan = plan_record(STUDY) | {"toml": toml, "sha256": sha256(toml.encode()).hexdigest()}
    names = [f"S-{number}" for number in range(len(TERMS))]
    lines = [plan, *(treatment_record(each, study=STUDY) for each in names)]
    for number, (subject, term) in enumerate(zip(names, TERMS, strict=True)):
        texts: dict[str, Any] = {
            "preferred_term": term,
            "system_organ_class": term,
            "verbatim": term,
        }
        lines.append(clot_record(subject, "2020-01-20", study=STUDY, **texts))
        assert all(len(each) <= 200 for each in texts.values()), number
    [facts] = facts_from_log([orjson.dumps(each) for each in lines])
    return facts


def view_body(view: str, **arguments: str) -> Any:
    """A view of the trial as JSON, as it comes from the follower."""
    return orjson.loads(orjson.dumps(VIEWS[view].build(hostile_facts(), arguments)))


def alert_ids() -> list[str]:
    """The ids of the trial's alerts."""
    return sorted(register_of(hostile_facts().study).entries)
