"""Writes the page of operating characteristics from the tallies of a campaign."""

from __future__ import annotations

from collections.abc import Iterator

from tests.operating.campaign import (
    CALENDAR_TRIALS,
    LOGRANK_AT_END,
    LOGRANK_EACH_EVENT,
    TRIALS,
    Tally,
    tolerated_share,
)
from tests.operating.settings import MAIN, SETTINGS, Setting
from tests.operating.trials import SEED

PAGE = """# Operating characteristics, by simulation

This page reports two proportions: how often a watch signals although the drug has no effect
(false alarms), and how often it signals when the drug raises the rate (power).  Both are measured
with the product's own fold.  Every record of every simulated trial is folded one by one in the
order of its log.  Counted are the crossings that the fold returns for watches whose boundary is
E = 20 and E = 100.  The simulated trials and the logrank test used for comparison are code of
`tests/operating/`; the evidence is computed by the product.

This page is written by `python -m tests.operating --to docs/operating.md` (seed {seed}; about
20 minutes on two free cores).  `make operating` draws the same trials again, prints the
same tables, and fails if a bound is exceeded or a figure differs.  `make test` draws the first
{short} trials of two settings.  The seed, the name of the setting and the number of the trial
identify each trial, so any trial can be drawn alone.

## The trials

Unless the row states otherwise, a trial has these properties:

* 47 v 47 patients are allocated in random order.  They enter over 360 days, and each is followed
  for 112 days.
* The hazard falls 20-fold with a time constant of 7 days.  It gives 90 % of the patients an event.
* Each event is reported on its day.  A look follows every record by which the evidence may rise.
* Patients who switch are controls who change to the drug.  They switch at random ("by lot"), on
  any day.  In the rows with escape, the frailest patients without an event switch, all on study
  day 7.  There the frailty is gamma with variance 1, and 50 % of the patients have an event.
* Under the null the drug has no effect on any patient who receives it.

## False alarms: no drug effect

The claimed bound on the false alarm rate is 0.05 at E = 20 and 0.01 at E = 100.  The test
tolerates the bound plus three standard errors: {at_20:.4f} and {at_100:.4f} at 5,000 trials.

The column "read" is the analysis; "either way" stands for both where no patient switches.  Each
proportion is followed by its own standard error.  Study time is the product's default.  Calendar
time, as treated, is shown to explain why it is not the default.  The last two columns are a
one-sided logrank test at level 0.05 on the same study time, as treated: at each event from the
fifth on, and once at the end.

{false}

## Power: the drug raises the rate

{power}

## How to read it

* A test at a fixed level keeps its level when it is done once.  Repeated at each event, it rejects
  by chance in about a quarter of the trials or more.  The watch also looks at each event, and its
  false alarm rate stays within the bound.
* Calendar time compares patients in their first days with patients in their last weeks.  Where the
  hazard falls, its greater power is obtained at the price of false alarms.
* Records have whole days, and here one patient in six has the event on study day 0.  With ties
  Breslow's factor is conservative, so the power is lower than with finer time: with each day split
  into ten, the watch detects a doubled rate more often, and stays within the bound as well.
* More looks give more chances to cross: evaluated on every day, the watch signals more often than
  at events alone, and still stays within the bound.
* Late reports also raise the false alarm rate: until an event is reported, its patient counts as
  at risk.  The delay here is the same on both arms; where it is not, nothing is claimed.
* Switching at random does no harm.  Where the frail switch, they accumulate on the treated arm.
  In the as-treated analysis a harmless drug then looks harmful, however few looks there are: see
  the logrank test at the end.  That analysis is shown in *italics*, without a claim.  The
  as-randomised analysis stays within the bound, so it is the analysis that may spend alpha.
* The bias from escape depends on its pattern.  The pattern here is unfavourable: always the
  frailest patients, all at once, and early.  With escape on day 28 most of the bias is gone.
* With staggered entry the bound over all looks is asymptotic.  This page shows that the bound
  holds in such trials.  It shows this for these settings and for no others.
"""

TABLE_HEAD = (
    "| setting | read | trials | study, 20 | study, 100 "
    "| calendar, 20 | calendar, 100 | logrank, each event | logrank, at the end |\n"
    "|---|---|--:|--:|--:|--:|--:|--:|--:|"
)


def page(tallies: dict[str, Tally], *, short: int) -> str:
    """Return the whole page for a campaign over all settings."""
    return PAGE.format(
        seed=SEED,
        short=short,
        at_20=tolerated_share(20, MAIN.trials),
        at_100=tolerated_share(100, MAIN.trials),
        false=table(tallies, null=True),
        power=table(tallies, null=False),
    )


def table(tallies: dict[str, Tally], *, null: bool) -> str:
    """Return the table of the settings in *tallies* whose drug has no effect, or does harm."""
    settings = [setting for setting in SETTINGS if setting.name in tallies and setting.null == null]
    return "\n".join(
        [
            TABLE_HEAD,
            *(line for setting in settings for line in table_rows(setting, tallies[setting.name])),
        ]
    )


def table_rows(setting: Setting, tally: Tally) -> Iterator[str]:
    """Yield one row for each analysis of *setting*; figures without a claim are in italics."""
    for analysis in setting.analyses:
        is_first = analysis == "as_treated"
        has_claim = not setting.null or analysis in setting.claimed_analyses
        italics = "" if has_claim else "*"
        cells = [
            f"{italics}{share_and_error(tally, f'study.{analysis}.{level}', TRIALS)}{italics}"
            for level in (20, 100)
        ]
        cells += [
            share_and_error(tally, f"calendar.as_treated.{level}", CALENDAR_TRIALS)
            if is_first
            else ""
            for level in (20, 100)
        ]
        cells += [
            share_and_error(tally, name, TRIALS) if is_first else ""
            for name in (LOGRANK_EACH_EVENT, LOGRANK_AT_END)
        ]
        switches = setting.crossover or setting.escape
        read = analysis.replace("_", " ") if switches else "either way"
        trials = f"{tally[TRIALS]:,}"
        if 0 < tally[CALENDAR_TRIALS] < tally[TRIALS]:
            trials += f" (calendar {tally[CALENDAR_TRIALS]:,})"
        yield f"| {setting.description} | {read} | {trials} | {' | '.join(cells)} |"


def share_and_error(tally: Tally, name: str, of: str) -> str:
    """Return a proportion and its standard error as text; empty without trials."""
    trials = tally[of]
    if not trials:
        return ""
    crossed = tally[name] / trials
    return f"{crossed:.4f} ± {(crossed * (1 - crossed) / trials) ** 0.5:.4f}"
