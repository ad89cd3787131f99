"""Writes a commented monitoring plan for a study that has no data yet."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from monitor.plan.watch import Analysis
from streams.sources.drawn_plan import equal_share, find_control, period_toml, watch_toml
from streams.sources.rules.names import treatment_id
from streams.sources.rules.periods import NamedPeriod

TEMPLATE = """\
# The monitoring plan of {study}: what is counted, compared and reported.
# `tocsin check` says whether it is consistent and what can signal.  Have it reviewed before use.

study = {study}
title = {title}
alpha = 0.05  # Probability of any false signal of the watches of tier 1, over all looks.
q = 0.1       # False discovery rate of the screening of every term (tier 2).

[treatments]  # The ids of the arms, as records write them.
control = {control}
active = {active}

# Arms are compared in randomised periods only.
{periods}
[dates]
partial = "treatment_start"  # A day that is not known: the first treatment day of that month.

[at_risk]
window_days = 28  # Days after the last treatment on which an event still counts for it.

[limits]
as_of_jump_days = 180  # The longest silence over which a single witness carries the study.

[levels]
watch = 5  # Evidence at which a watch of tier 1 is shown as `watch`.

[screening]  # Tier 2: every term that appears, each active arm against the control.
period = {period}
analysis = "as_treated"
time = "study"

# Groups name events that are counted together.
[groups.serious]
serious = true
{groups}
# Tier 1: the watches that may raise a signal; each spends its share of alpha.
{watches}
# Rules: one case raises an alert, whatever the numbers say.
[[rules]]
name = "deaths"
when = "fatal"

[[rules]]
name = "life-threatening-and-related"
when = "life_threatening_and_related"

# Members of the board, whose moves then need a signature: `tocsin keys new FILE` prints the key.
# [[board]]
# member = "ann"
# key = "..."
"""

GROUP_TEMPLATE = """
[groups.{name}]
preferred_terms = {terms}
"""

NO_GROUP = """
# Events of special interest, by preferred term:
# [groups.clots]
# preferred_terms = ["Pulmonary embolism", "Deep vein thrombosis"]
"""

RATE_TEMPLATE = """
[[watches]]  # A signal is evidence against this rate, and no other.
id = {id}
kind = "reference"
group = {group}
treatment = {treatment}
rate_per_100_patient_years = {rate}
source = {source}
tier = 1
share = {share}
"""

NO_RATE = """
# A group against a published rate:
# [[watches]]
# id = "clots-background"
# kind = "reference"
# group = "clots"
# treatment = {treatment}
# rate_per_100_patient_years = 1.25
# source = "the publication of the rate"
# share = 0.5  # The shares of all watches sum to at most 1.
"""


class ReferenceRate(NamedTuple):
    """A published rate of a group, per 100 patient-years, and where it is published."""

    group: str
    rate: float
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StarterPlan:
    """What a first plan is made of; the first of *periods* is randomised.

    *arms* are names, from which ids are made.  *groups* have preferred terms by name.
    """

    study: str
    arms: Sequence[str]
    control: str | None = None
    periods: Sequence[NamedPeriod]
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    rates: Sequence[ReferenceRate] = ()

    @property
    def control_id(self) -> str:
        """The id of the control; raises `UnreadableSource` where the arms name none."""
        ids = {treatment_id(arm): treatment_id(arm) for arm in self.arms}
        return find_control(ids, self.control)

    @property
    def active_ids(self) -> list[str]:
        """The ids of the other arms, in their order."""
        ids = dict.fromkeys(treatment_id(arm) for arm in self.arms)
        return [each for each in ids if each != self.control_id]

    def toml(self) -> str:
        """Return the plan with its comments."""
        active, first = self.active_ids, self.periods[0].id
        share = equal_share(len(active) * (1 + len(self.rates)))
        groups = [
            GROUP_TEMPLATE.format(name=_toml(name), terms=_toml(terms))
            for name, terms in self.groups.items()
        ]
        watches = [
            watch_toml(each, first, share, Analysis.AS_RANDOMISED).lstrip("\n") for each in active
        ]
        rates = [
            rate_toml(rate, each, share).lstrip("\n") for rate in self.rates for each in active
        ]
        return TEMPLATE.format(
            study=_toml(self.study),
            title=_toml(f"{self.study}, safety monitoring"),
            control=_toml(self.control_id),
            active=_toml(active),
            periods="".join(period_toml(each, each.id == first) for each in self.periods),
            period=_toml(first),
            groups="".join(groups) or NO_GROUP,
            watches="\n".join(watches + rates) + ("" if rates else no_rate(active[0])),
        )


def rate_toml(rate: ReferenceRate, treatment: str, share: float) -> str:
    """Return a watch of *treatment* against a published rate."""
    return RATE_TEMPLATE.format(
        id=_toml(f"{rate.group}-{treatment}"),
        group=_toml(rate.group),
        treatment=_toml(treatment),
        rate=rate.rate,
        source=_toml(rate.source),
        share=share,
    )


def no_rate(treatment: str) -> str:
    """Return the comment that shows how a published rate is watched."""
    return NO_RATE.format(treatment=_toml(treatment))


def _toml(value: object) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", r"\u007f")
