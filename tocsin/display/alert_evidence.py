"""What an alert rests on, as the tables have it now: its watch by arm, and the cases."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from alerts.alert import Alert
from monitor.dates import iso
from monitor.evidence.summary import Standing, standings
from monitor.records import AdverseEvent
from monitor.state.study import Study
from monitor.tables.tabulate import rows
from monitor.terms import is_serious
from streams.kafka.partitioner import partition_of
from streams.settings import Settings
from streams.store.rows.load import BadRow, restore
from tocsin.common.services import stores
from tocsin.common.terminal import plain
from tocsin.display.tables import event_grid
from tocsin.display.watches import screening_grid, watch_grid

SHOWN_CASES = 20

NOWHERE = "in no table (undated, not under treatment, void or merged)"


async def study_of(settings: Settings, alert: Alert) -> Study | None:
    """The study of *alert* as its row has it; None while that cannot be read."""
    async with stores(settings) as kept:
        row = await kept(partition_of(alert.study, settings.log_partitions)).row(alert.study)
    try:
        return restore(alert.study, row).study
    except BadRow:
        return None


def show_grounds(console: Console, alert: Alert, study: Study | None) -> None:
    """The evidence of the alert's watch and its term by treatment, and the cases behind it."""
    if study is None:
        console.print("\nThe study's tables are being made anew: look again in a minute.")
        return
    watched = [each for each in standings(study) if each.watch.id == alert.watch]
    found = list(cases_of(study, alert))
    if not (watched or found):
        return
    day = "" if study.as_of is None else f", {iso(study.as_of)}"
    console.print(Text(f"\nWhat it rests on, as the tables have it now{day}", style="bold"))
    for standing in watched:
        show_standing(console, study, standing)
    for thing in found[:SHOWN_CASES]:
        console.print(Text(plain(case_told(study, thing))), soft_wrap=True)
    if len(found) > SHOWN_CASES:
        console.print(f"... and {len(found) - SHOWN_CASES} more cases")


def show_standing(console: Console, study: Study, standing: Standing) -> None:
    """A watch as it stands, and the events of its term by treatment."""
    grid = screening_grid if standing.watch.tier == 2 else watch_grid
    console.print(grid(study, [standing]), crop=False)
    console.print()
    console.print(event_grid(list(rows(study)), [standing.watch.term]), crop=False)
    console.print()


def cases_of(study: Study, alert: Alert) -> Iterator[str]:
    """The cases that the alert is about, or else those of its watch's term, by their onset.

    Whatever the treatment: who compares arms wants to see either.
    """
    running = study.watches.get(alert.watch)
    if running is None:
        yield from (name for name in alert.about.split() if case_in(study, name))
        return
    watch = running.watch
    term, named = study.vocabulary.number(watch.term), list(study.periods)
    period = watch.basis.period if watch.basis else watch.period
    counted = {
        name: place.onset
        for name, held in study.ledger.things.items()
        if (place := held.place) and term in place.terms and period in (None, named[place.period])
    }
    yield from sorted(counted, key=lambda name: (counted[name], name))


def case_in(study: Study, name: str) -> AdverseEvent | None:
    """The case of that *name*; a finding may be about something else, such as a site."""
    held = study.ledger.things.get(name)
    return held.body if held and isinstance(held.body, AdverseEvent) else None


def case_told(study: Study, name: str) -> str:
    """A case on a line: when, who, on what, and what it was."""
    held, case = study.ledger.things[name], case_in(study, name)
    assert case is not None
    place = held.place
    if place is None:
        where = NOWHERE
    else:
        where = f"{list(study.treatments)[place.treatment]}, {list(study.periods)[place.period]}"
    day = "(undated)" if place is None else iso(place.onset)
    what = "; ".join((case.preferred_term, seriousness(case), *judged(case)))
    return f"{day}  {name} version {held.version}, subject {case.subject}, {where}: {what}"


def seriousness(case: AdverseEvent) -> str:
    """Whether it is serious, and why."""
    if not is_serious(case):
        return "not serious"
    why = ", ".join(case.criteria).replace("_", " ")
    return f"serious ({why})" if why else "serious"


def judged(case: AdverseEvent) -> Iterator[str]:
    """What was said of its cause and its end, where anything was."""
    if case.relatedness is not None:
        yield f"relatedness: {case.relatedness}".replace("_", " ")
    if case.outcome is not None:
        yield f"outcome: {case.outcome}".replace("_", " ")
