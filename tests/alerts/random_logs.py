"""Logs of chance in which everything happens that may ring beside the statistics."""

from __future__ import annotations

from random import Random

from monitor.records import Criterion, Outcome, Record
from tests.alerts.case_rule_trials import plan_with_rules, rule, site_subject
from tests.monitor.builders import case, merged, plan_record, retracted, tick_record, treated
from tests.monitor.small_plans import toml_table

RULES = (
    rule("clots", when="group", group="clots"),
    rule("deaths", when="fatal"),
    rule("threats", when="life_threatening_and_related", expected=True),
)
GROUPS = toml_table("groups.clots", both=[["DVT"], ["PE"]], within_days=3)
FATAL = {"outcome": Outcome.FATAL}
CASE_FIELDS = ({}, FATAL, FATAL | {"serious": True}, {"criteria": (Criterion.LIFE_THREATENING,)})


def plan_version(version: int) -> Record:
    """The plan at *version*; each has other rules and limits than the one before."""
    toml = plan_with_rules(*RULES[: 1 + version % 3], groups=GROUPS, window=version % 5)
    limits = f"unallocated_days = {3 + version % 4}\nsilent_site_days = {6 + version % 3}"
    return plan_record(toml.replace("[limits]", f"[limits]\n{limits}"), version=version)


def random_record(chance: Random, day: int, offset: int) -> Record:
    """Any record that a trial may send on *day*, about few people and fewer cases."""
    who, n, version = f"S{chance.randint(1, 4)}", chance.randint(1, 6), 1 + offset
    arm = chance.choice(["act", "ctl", None])
    onset = day - chance.randint(-1, 9)
    term, fields = chance.choice(["DVT", "PE"]), chance.choice(CASE_FIELDS)
    return chance.choice(
        [case(f"c{n}", who, onset, term, version=version, known=day, **fields)] * 8
        + [site_subject(who, f"site {chance.randint(1, 2)}", arm, version=version, known=day)] * 2
        + [treated(who, arm or "ctl", day - 3, thing=f"edc/t-{who}", version=version)] * 2
        + [retracted(f"r{offset}", f"safety/c{n}")]
        + [retracted(f"r{offset}", f"safety/r{chance.randint(0, offset)}")]
        + [merged(f"m{offset}", "case", f"safety/c{n}", f"safety/c{1 + n % 6}")]
        + [merged(f"m{offset}", "subject", who, f"S{chance.randint(1, 4)}")]
        + [plan_version(version)]
        + [tick_record(day)]
    )
