"""Takes a study up where it was left: from what was kept of it to the state it had."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from monitor.fold.change import recount
from monitor.records import Merge, Retraction
from monitor.state.study import Study
from monitor.state.verdict import Ground, Verdict


def verdicts(study: Study) -> Iterator[tuple[str, Verdict]]:
    """Every watch that has been judged, by its id, with where it stands."""
    for name, running in study.watches.items():
        if running.verdict is not None:
            yield name, running.verdict


def verdict_on(study: Study, watch: str) -> Verdict | None:
    """Where *watch* stands, if it is there and was judged."""
    running = study.watches.get(watch)
    return None if running is None else running.verdict


def resume(study: Study, judged: Mapping[str, Verdict]) -> None:
    """Count anew all that the ledger's things say, and put each watch where it stood.

    The study has its plan, `latest`, `spent`, `episodes`, and its things in the order in which
    they first came; what is beside it is not put back here.  It then goes on as if it had never
    been away: a watch is judged when a record touches it and not because somebody looked, so a
    verdict is kept, not computed again.
    """
    for thing, held in study.ledger.things.items():
        if isinstance(held.body, Retraction | Merge):
            study.ledger.point(thing, held.body)
    recount(study)
    study.touched.clear()
    for name, running in study.watches.items():
        running.verdict = verdict = judged.get(name)
        if verdict is not None and running.bench.watch.tier == 2:
            seen = verdict.ground is not Ground.NO_EVENTS
            study.screened += seen
            if seen and verdict.log_e is not None:
                study.strong[running] = verdict.log_e
