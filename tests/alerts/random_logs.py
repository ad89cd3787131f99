"""Random logs with every record type that can raise a case alert or a data finding."""

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
    """The plan at *version*; its rules and limits differ from those of the version before."""
    toml = plan_with_rules(*RULES[: 1 + version % 3], groups=GROUPS, window=version % 5)
    limits = f"unallocated_days = {3 + version % 4}\nsilent_site_days = {6 + version % 3}"
    return plan_record(toml.replace("[limits]", f"[limits]\n{limits}"), version=version)


def random_record(random: Random, day: int, offset: int) -> Record:
    """A random record that a trial may send on *day*, about few subjects and few cases."""
    who, n, version = f"S{random.randint(1, 4)}", random.randint(1, 6), 1 + offset
    arm = random.choice(["act", "ctl", None])
    onset = day - random.randint(-1, 9)
    term, fields = random.choice(["DVT", "PE"]), random.choice(CASE_FIELDS)
    return random.choice(
        [case(f"c{n}", who, onset, term, version=version, known=day, **fields)] * 8
        + [site_subject(who, f"site {random.randint(1, 2)}", arm, version=version, known=day)] * 2
        + [treated(who, arm or "ctl", day - 3, entity=f"edc/t-{n}", version=version)] * 2
        + [retracted(f"r{offset}", f"safety/c{n}")]
        + [retracted(f"r{offset}", f"safety/r{random.randint(0, offset)}")]
        + [merged(f"m{offset}", "case", f"safety/c{n}", f"safety/c{1 + n % 6}")]
        + [merged(f"m{offset}", "subject", who, f"S{random.randint(1, 4)}")]
        + [plan_version(version)]
        + [tick_record(day)]
    )
