"""The sentence and the lines at the head of an alert's page, and what its validity assumes."""

from __future__ import annotations

from collections.abc import Iterator

from alerts.alert import Alert, AlertKind
from board.views.alert_words import describe_reference_rate
from board.views.case_section import CaseSection
from board.views.observed import Observed
from board.views.wording import joined, number, plural
from monitor.plan.watch import Analysis
from monitor.state.study import ActiveWatch


def alert_sentence(
    alert: Alert,
    title: str,
    observed: Observed | None,
    active_watch: ActiveWatch | None,
    case: CaseSection | None,
) -> str:
    """Return the sentence that says what the alert is about, and how strong it is now."""
    if case is not None:
        whom = f" in {joined(case.subjects)}" if case.subjects else ""
        is_case = alert.kind is AlertKind.CASE
        return f"{title}{whom}: {case.words}" if is_case else f"{case.why}: {title}{whom}"
    if observed is None or active_watch is None:
        return f"{title}: the plan no longer has this watch"
    watch = active_watch.watch
    head = f"{title} on {watch.treatment}"
    if watch.reference_rate is not None:
        if observed.ratio is None:
            return f"{head}: no first event by now"
        return f"{head}: {number(observed.ratio)} times its reference rate"
    counts = f"{observed.first_events} v {observed.control_first_events}"
    if observed.ratio is None:
        return f"{head}: {counts} patients on {observed.control}"
    return f"{head}: {number(observed.ratio)} times {observed.control}, {counts} patients"


def alert_lede(
    alert: Alert,
    observed: Observed | None,
    active_watch: ActiveWatch | None,
    case: CaseSection | None,
) -> str:
    """Return the two sentences below: the numbers, and how the evidence stands to its boundary."""
    if case is not None:
        is_case = alert.kind is AlertKind.CASE
        return _case_lede(case) if is_case else "For information: nothing to decide."
    if observed is None or active_watch is None:
        return "Its history and its moves remain."
    noun = plural(observed.first_events, "patient")
    expected = "" if observed.expected is None else f" where {number(observed.expected)} "
    counted = f"{observed.first_events} {noun} with a first event{expected}"
    counted += "" if observed.expected is None else "would be expected"
    return f"{counted}.  {_evidence_and_boundary(observed)}"


def _case_lede(case: CaseSection) -> str:
    """Return arm, onset and delay of the first case; a death without a case has none."""
    if not case.listing.rows:
        return "No case tells of it yet; a record of the subject's disposition does."
    row = case.listing.rows[0]
    onset, after = row["onset"], row["reported_after"]
    parts = [f"On {row['arm']}" if row["arm"] else "Not counted under a treatment"]
    if row["study_day"] is not None:
        parts.append(f"onset on study day {row['study_day']}")
    elif onset is not None:
        parts.append(f"onset {onset}")
    if isinstance(after, int):
        parts.append(f"reported {after} {plural(after, 'day')} after onset")
    return f"{', '.join(parts)}."


def _evidence_and_boundary(observed: Observed) -> str:
    """Return how the evidence stands to the boundary."""
    evidence = f"The evidence E stands at {number(observed.e_value)}"
    if observed.boundary is None:
        return f"{evidence}; screened terms are judged together, so it has no boundary of its own."
    times = observed.e_value / observed.boundary
    if times >= 1:
        return (
            f"{evidence}, {number(times)} times its boundary of {number(observed.boundary)}: "
            "this holds however often anyone looks."
        )
    return f"{evidence}, below its boundary of {number(observed.boundary)}."


def caveats_of(active_watch: ActiveWatch, observed: Observed) -> tuple[str, ...]:
    """Return what the validity of the evidence assumes (docs/statistics.md)."""
    return tuple(_caveats(active_watch, observed))


def _caveats(active_watch: ActiveWatch, observed: Observed) -> Iterator[str]:
    watch = active_watch.watch
    if watch.reference_rate is not None:
        source = f" ({watch.source})" if watch.source else ""
        yield (
            f"The alarm is against {describe_reference_rate(watch.reference_rate)}{source}, a rate "
            "fixed before unblinding that is taken to hold on every day at risk."
        )
    else:
        yield "The evidence assumes that reporting delay does not depend on the arm."
    if watch.risk_set_basis and watch.risk_set_basis.analysis is Analysis.AS_TREATED:
        yield "Crossover counts as treated; it must not depend on the patient's risk."
    yield "It assumes that first events that are taken back stay a minority."
    if observed.decision_low is not None and observed.decision_error is not None:
        yield (
            f"Limits that decide: {number(observed.decision_low)} to "
            f"{'∞' if observed.decision_high is None else number(observed.decision_high)}, each "
            f"wrong ever with probability at most {number(observed.decision_error)}; "
            "the lower one is above 1 exactly where the boundary is crossed."
        )
    yield "The machine raises; people decide."
