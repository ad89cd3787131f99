"""Shows the current evidence of an alert: its watch, the events by arm, and the cases."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from alerts.alert import Alert
from alerts.register.cases import cases_of, find_case
from monitor.dates import iso
from monitor.evidence.summary import WatchSummary, watch_summaries
from monitor.records import AdverseEvent
from monitor.state.study import Study
from monitor.tables.tabulate import rate_rows
from monitor.terms import is_serious
from streams.kafka.partitioner import partition_of
from streams.settings import Settings
from streams.store.rows.load import InvalidRow, load_row
from tocsin.common.services import open_stores
from tocsin.common.terminal import printable
from tocsin.display.tables import event_grid
from tocsin.display.watches import screening_grid, watch_grid

CASES_SHOWN_MAX = 20

NOT_COUNTED = "not counted (undated, not on treatment, nullified or merged)"


async def load_study(settings: Settings, alert: Alert) -> Study | None:
    """Load the study of *alert* from its row in the live store; None while the row is invalid."""
    async with open_stores(settings) as store_of:
        row = await store_of(partition_of(alert.study, settings.log_partitions)).row(alert.study)
    try:
        return load_row(alert.study, row).study
    except InvalidRow:
        return None


def show_evidence(console: Console, alert: Alert, study: Study | None) -> None:
    """Print the evidence of the alert's watch, events by treatment, and the cases."""
    if study is None:
        console.print(
            "\nThe tables of the study are being rebuilt: repeat the command in a minute."
        )
        return
    summaries = [each for each in watch_summaries(study) if each.watch.id == alert.watch]
    case_ids = list(cases_of(study, alert))
    if not (summaries or case_ids):
        return
    day = "" if study.as_of is None else f", {iso(study.as_of)}"
    console.print(Text(f"\nEvidence in the current tables{day}", style="bold"))
    for summary in summaries:
        show_watch_summary(console, study, summary)
    for case_id in case_ids[:CASES_SHOWN_MAX]:
        console.print(Text(printable(describe_case(study, case_id))), soft_wrap=True)
    if len(case_ids) > CASES_SHOWN_MAX:
        console.print(f"... and {len(case_ids) - CASES_SHOWN_MAX} more cases")


def show_watch_summary(console: Console, study: Study, summary: WatchSummary) -> None:
    """Print a watch with its current verdict, and the events of its term by treatment."""
    grid_of = screening_grid if summary.watch.tier == 2 else watch_grid
    console.print(grid_of(study, [summary]), crop=False)
    console.print()
    console.print(event_grid(list(rate_rows(study)), [summary.watch.term]), crop=False)
    console.print()


def describe_case(study: Study, case_id: str) -> str:
    """One line for a case: onset, id, version, subject, treatment, period, term and assessments."""
    entity, case = study.entities.by_id[case_id], find_case(study, case_id)
    assert case is not None
    contribution = entity.contribution
    if contribution is None:
        treatment_and_period = NOT_COUNTED
    else:
        treatment = list(study.treatment_numbers)[contribution.treatment]
        period = list(study.period_numbers)[contribution.period]
        treatment_and_period = f"{treatment}, {period}"
    day = "(undated)" if contribution is None else iso(contribution.onset)
    details = "; ".join(
        (case.preferred_term, describe_seriousness(case), *relatedness_and_outcome(case))
    )
    return (
        f"{day}  {case_id} version {entity.version}, subject {case.subject}, "
        f"{treatment_and_period}: {details}"
    )


def describe_seriousness(case: AdverseEvent) -> str:
    """Whether the case is serious, and by which seriousness criteria."""
    if not is_serious(case):
        return "not serious"
    criteria = ", ".join(case.criteria).replace("_", " ")
    return f"serious ({criteria})" if criteria else "serious"


def relatedness_and_outcome(case: AdverseEvent) -> Iterator[str]:
    """Relatedness and outcome of the case, where they are reported."""
    if case.relatedness is not None:
        yield f"relatedness: {case.relatedness}".replace("_", " ")
    if case.outcome is not None:
        yield f"outcome: {case.outcome}".replace("_", " ")
