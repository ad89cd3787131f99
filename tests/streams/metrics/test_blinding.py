"""Checks that the open metrics page reveals nothing about the treatment arms."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from itertools import permutations

import orjson

from streams.metrics.catalogue import EVENTS, MOVES, SIGNALS_ACTIVE, Zone
from tests.scenarios.commands import clot_record, plan_record, treatment_record
from tests.streams.metrics.exported import (
    MeteredWorker,
    catalogue_names,
    folded_worker,
    log_of,
    metric_names,
    rename_treatments,
    series,
    without_timestamps,
)
from tests.streams.processor.processors import PRODERM, STUDY, single_pass
from tests.streams.reviewed_log import SIGNAL_ALERT_ID, review

ARMS = ("placebo", "ivig")
PERMUTATIONS = 20


def random_names() -> dict[str, str]:
    """Return a random name for each treatment, which cannot occur in a page by coincidence."""
    return {arm: f"t{secrets.token_hex(8)}" for arm in ARMS}


def test_the_open_page_names_no_treatment():
    """Neither a label nor a help text does; the closed page names every treatment."""
    names = random_names()
    worker = folded_worker(rename_treatments(PRODERM, names, names), STUDY)

    assert [token for token in names.values() if token.encode() in worker.open_page()] == []
    assert all(token.encode() in worker.closed_page() for token in names.values())


def test_exchanging_the_treatments_changes_no_byte_of_the_open_page():
    """The evidence and the alerts on the closed page do change."""
    names = random_names()
    swapped_names = {ARMS[0]: names[ARMS[1]], ARMS[1]: names[ARMS[0]]}
    original = folded_worker(rename_treatments(PRODERM, names, names), STUDY)
    exchanged = folded_worker(rename_treatments(PRODERM, names, swapped_names), STUDY)

    assert without_timestamps(original.open_page()) == without_timestamps(exchanged.open_page())
    assert series(original.closed_page(), EVENTS) != series(exchanged.closed_page(), EVENTS)
    assert series(original.closed_page(), SIGNALS_ACTIVE) != series(
        exchanged.closed_page(), SIGNALS_ACTIVE
    )


def test_permutations_of_the_treatments_give_the_same_open_page():
    """The open page does not depend on the arm that has the clots and raises the alert."""
    names = [f"t{secrets.token_hex(8)}" for _ in range(4)]
    workers = [
        folded_worker(trial_log(names, each), "S")
        for each in list(permutations(names))[: PERMUTATIONS + 1]
    ]

    assert len({without_timestamps(worker.open_page()) for worker in workers}) == 1
    assert len({worker.closed_page() for worker in workers}) == len(workers)
    assert len({str(series(worker.closed_page(), SIGNALS_ACTIVE)) for worker in workers}) > 1


def trial_log(names: list[str], given: tuple[str, ...]) -> list[bytes]:
    """Return a log with the treatments *names* in the plan; subject n has *given*[n modulo 4]."""
    control, *active = names
    lines = [plan_record()]
    toml = lines[0]["toml"].replace("placebo", control).replace('"drug"', str(active)[1:-1])
    digest = hashlib.sha256(toml.encode()).hexdigest()
    lines[0] |= {"toml": toml, "sha256": digest}
    subjects = [f"P{number}" for number in range(40)]
    lines += [treatment_record(name, given[at % 4]) for at, name in enumerate(subjects)]
    lines += [clot_record(name, "2020-01-20") for name in subjects[::4]]
    for arm, events in ((1, 3), (2, 1)):
        lines += [clot_record(name, "2020-02-11") for name in subjects[arm::4][:events]]
    return [orjson.dumps(line) for line in lines]


def test_reviews_do_not_change_the_open_page():
    """A review reveals an alert, so no count, timestamp or number of fetches may change."""

    async def main() -> tuple[bytes, bytes, bytes]:
        worker = MeteredWorker([log_of(PRODERM, STUDY)])
        await worker.assign_and_fold(0)
        before = worker.open_page()
        worker.now += 3_600
        revision = max(
            each.revision for each in single_pass(worker.logs[0])[1] if each.id == SIGNAL_ALERT_ID
        )
        for member in ("board-1", "board-2"):
            move = review(member, SIGNAL_ALERT_ID, revision, "acknowledge", member=member)
            worker.logs[0].append(move, STUDY.encode())
        await worker.setup.fetch_and_fold()
        await worker.figure_cache.refresh()
        return before, worker.open_page(), worker.closed_page()

    before, after, closed = asyncio.run(main())
    assert after == before
    assert series(closed, MOVES) == {(STUDY, "accepted"): 1, (STUDY, "refused"): 1}


def test_each_page_exports_exactly_the_metrics_of_its_zone():
    """A metric outside the catalogue has no decision on its zone."""
    worker = folded_worker(PRODERM[:100], STUDY)

    assert metric_names(worker.open_page()) == catalogue_names(Zone.OPEN)
    assert metric_names(worker.closed_page()) == catalogue_names(Zone.CLOSED)
    assert not catalogue_names(Zone.OPEN) & catalogue_names(Zone.CLOSED)


def test_the_open_page_does_not_mention_alerts():
    """The existence of an alert reveals an arm, so no name and no help text mentions one."""
    words = [b"alert", b"signal", b"evidence", b"e_value", b"treatment", b"arm"]
    page = folded_worker(PRODERM, STUDY).open_page().lower()

    assert [word for word in words if word in page] == []
