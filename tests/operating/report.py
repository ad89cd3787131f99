"""The operating characteristics as a page: the figures of a campaign and how to draw them again."""

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

How often the bell rings when it must not, and how often when it must, measured through the
product's own fold: every record of every simulated trial is folded one by one in the order of
its log, and what is counted are the crossings that the fold announces for watches whose
boundary is E = 20 and E = 100.  The simulated trials and the logrank test beside them are code
of `tests/operating/`; the evidence is the product's.

This page is written by `python -m tests.operating --to docs/operating.md` (seed {seed}; about
20 minutes on two free cores).  `make operating` draws the same trials again, prints the
same tables and fails if a promise is broken or a figure differs; `make test` draws the first
{short} trials of two settings.  Each trial is named by the seed, its setting's name and its
number, so any of them can be drawn alone.

## The trials

Unless the row says otherwise: 47 v 47 patients allotted in random order, entering over 360 days,
each followed for 112; a hazard that falls 20-fold with a time constant of 7 days and gives 90 %
of the patients an event; each event reported on its day; a look after every record by which the
evidence may rise.  Those who switch are controls who go over to the drug: by lot, on any day; or,
in the rows of escape, the frailest of those without an event, all on study day 7 (frailty is
gamma with variance 1, and 50 % have an event).  Under the null the drug does nothing, whoever
receives it.

## False alarms: no drug effect

Promised: at most 0.05 at E = 20 and 0.01 at E = 100.  Tolerated in the test is that plus three
standard errors: {at_20:.4f} and {at_100:.4f} at 5,000 trials.  Each share stands with its own
standard error.  Study time is the product's default.  Calendar time, as treated, is there to
show why it is not.  The two last columns are a one-sided 0.05 logrank test on the same study
time, as treated: at each event from the fifth on, and once at the end.

{false}

## Power: the drug raises the rate

{power}

## How to read it

* A test at a fixed level does what it says when it is done once.  Repeated at each event it rings
  by chance in more than a quarter of the trials.  The bell, too, looks again and again, and
  stays within its promise.
* Calendar time compares patients in their first days with patients in their last weeks.  With a
  hazard that falls, its greater power is bought with false alarms.
* Records carry whole days, and here one patient in six fails on study day 0.  Among ties
  Breslow's factor errs to the safe side, so the bell hears less than on a finer clock: with each
  day split into ten it hears twice the rate more often, and keeps its promise as well.
* More looks are more chances: judged on every day, the bell rings more often than at events
  alone, and still within its promise.
* Late reports cost something too: until an event is reported, its patient counts as at risk.
  The delay here is the same on both arms; where it is not, nothing is promised.
* Switching by lot does no harm.  Where the frail switch, the treated arm gathers them: read as
  treated, a harmless drug looks harmful, however seldom one looks: see the logrank test at the
  end.  That reading is shown in *italics*, without a claim.  As randomised the promise holds,
  so that is the reading that may spend alpha.
* How much the escape of the frail distorts depends on how it goes.  Here it goes badly: always
  the very frailest, all at once, and early; on day 28 most of the harm is gone.
* With staggered entry the bound over all looks is asymptotic.  This page is what shows that it
  holds in such trials; it shows it for these settings and no others.
"""

TABLE_HEAD = (
    "| setting | read | trials | study, 20 | study, 100 "
    "| calendar, 20 | calendar, 100 | logrank, each event | logrank, at the end |\n"
    "|---|---|--:|--:|--:|--:|--:|--:|--:|"
)


def page(tallies: dict[str, Tally], *, short: int) -> str:
    """The whole page for a campaign over all settings."""
    return PAGE.format(
        seed=SEED,
        short=short,
        at_20=tolerated_share(20, MAIN.trials),
        at_100=tolerated_share(100, MAIN.trials),
        false=table(tallies, null=True),
        power=table(tallies, null=False),
    )


def table(tallies: dict[str, Tally], *, null: bool) -> str:
    """The rows of all settings in *tallies* in which the drug does nothing, or does harm."""
    chosen = [one for one in SETTINGS if one.name in tallies and one.null == null]
    return "\n".join(
        [TABLE_HEAD, *(line for one in chosen for line in table_rows(one, tallies[one.name]))]
    )


def table_rows(setting: Setting, tally: Tally) -> Iterator[str]:
    """One row for each way of reading *setting*; what is no claim stands in italics."""
    for analysis in setting.analyses:
        first = analysis == "as_treated"
        claimed = not setting.null or analysis in setting.promised_analyses
        mark = "" if claimed else "*"
        cells = [
            f"{mark}{share_and_error(tally, f'study.{analysis}.{level}', TRIALS)}{mark}"
            for level in (20, 100)
        ]
        cells += [
            share_and_error(tally, f"calendar.as_treated.{level}", CALENDAR_TRIALS) if first else ""
            for level in (20, 100)
        ]
        cells += [
            share_and_error(tally, name, TRIALS) if first else ""
            for name in (LOGRANK_EACH_EVENT, LOGRANK_AT_END)
        ]
        switches = setting.crossover or setting.escape
        read = analysis.replace("_", " ") if switches else "either way"
        trials = f"{tally[TRIALS]:,}"
        if 0 < tally[CALENDAR_TRIALS] < tally[TRIALS]:
            trials += f" (calendar {tally[CALENDAR_TRIALS]:,})"
        yield f"| {setting.description} | {read} | {trials} | {' | '.join(cells)} |"


def share_and_error(tally: Tally, name: str, of: str) -> str:
    """A share and its standard error."""
    trials = tally[of]
    if not trials:
        return ""
    crossed = tally[name] / trials
    return f"{crossed:.4f} ± {(crossed * (1 - crossed) / trials) ** 0.5:.4f}"
