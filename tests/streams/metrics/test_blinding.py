"""What anybody may see tells nothing of the arms: not by a name, not by a number, not by a gap."""

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
    """A random name for each treatment: it can be nothing else where it is found."""
    return {arm: f"t{secrets.token_hex(8)}" for arm in ARMS}


def test_no_treatment_is_named_in_the_open():
    """Not in a label, not in a help text; and the closed page names them all, so one looks well."""
    told = random_names()
    desk = folded_worker(rename_treatments(PRODERM, told, told), STUDY)

    assert [token for token in told.values() if token.encode() in desk.open_page()] == []
    assert all(token.encode() in desk.closed_page() for token in told.values())


def test_with_the_treatments_exchanged_every_open_byte_is_the_same():
    """The same subjects on the other treatment: other evidence, other alerts, one open page."""
    told = random_names()
    there, back = (
        folded_worker(rename_treatments(PRODERM, told, told), STUDY),
        {
            ARMS[0]: told[ARMS[1]],
            ARMS[1]: told[ARMS[0]],
        },
    )
    exchanged = folded_worker(rename_treatments(PRODERM, told, back), STUDY)

    assert without_timestamps(there.open_page()) == without_timestamps(exchanged.open_page())
    assert series(there.closed_page(), EVENTS) != series(exchanged.closed_page(), EVENTS)
    assert series(there.closed_page(), SIGNALS_ACTIVE) != series(
        exchanged.closed_page(), SIGNALS_ACTIVE
    )


def test_of_twenty_permutations_of_four_treatments_none_is_told_from_another():
    """Whichever arm has the clots, and rings: a blinded reader sees one page."""
    words = [f"t{secrets.token_hex(8)}" for _ in range(4)]
    pages = [
        folded_worker(trial_log(words, each), "S")
        for each in list(permutations(words))[: PERMUTATIONS + 1]
    ]

    assert len({without_timestamps(desk.open_page()) for desk in pages}) == 1
    assert len({desk.closed_page() for desk in pages}) == len(pages)
    assert len({str(series(desk.closed_page(), SIGNALS_ACTIVE)) for desk in pages}) > 1


def trial_log(words: list[str], given: tuple[str, ...]) -> list[bytes]:
    """The plan calls its treatments *words*; subject n is *given* the treatment n modulo 4."""
    control, *active = words
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


def test_that_members_review_leaves_no_trace_in_the_open():
    """Somebody reviews where there is an alert: no count, no hour, not even one fetch more."""

    async def main() -> tuple[bytes, bytes, bytes]:
        desk = MeteredWorker([log_of(PRODERM, STUDY)])
        await desk.assign_and_fold(0)
        before = desk.open_page()
        desk.now += 3_600
        revision = max(
            each.revision for each in single_pass(desk.logs[0])[1] if each.id == SIGNAL_ALERT_ID
        )
        for member in ("board-1", "board-2"):
            move = review(member, SIGNAL_ALERT_ID, revision, "acknowledge", member=member)
            desk.logs[0].append(move, STUDY.encode())
        await desk.setup.fetch_and_fold()
        await desk.figure_cache.refresh()
        return before, desk.open_page(), desk.closed_page()

    before, after, closed = asyncio.run(main())
    assert after == before
    assert series(closed, MOVES) == {(STUDY, "accepted"): 1, (STUDY, "refused"): 1}


def test_each_page_has_its_own_part_of_the_catalogue_and_nothing_else():
    """A number that nobody declared is a number that nobody decided to show."""
    desk = folded_worker(PRODERM[:100], STUDY)

    assert metric_names(desk.open_page()) == catalogue_names(Zone.OPEN)
    assert metric_names(desk.closed_page()) == catalogue_names(Zone.CLOSED)
    assert not catalogue_names(Zone.OPEN) & catalogue_names(Zone.CLOSED)


def test_the_open_page_has_no_word_for_an_alert():
    """That one exists tells of an arm: no name and no help text of an open number speaks of it."""
    words = [b"alert", b"signal", b"evidence", b"e_value", b"treatment", b"arm"]
    found = folded_worker(PRODERM, STUDY).open_page().lower()

    assert [word for word in words if word in found] == []


def test_seconds_below_fifty_thousandths_are_not_told():
    """Neither by a bucket nor by the sum: near its boundary a watch takes longer to judge."""
    desk = folded_worker(PRODERM, STUDY)
    meter = desk.setup.worker.meter
    meter.apply_durations.observe(0.0123456)

    text = desk.open_page().decode()
    sums = [line for line in text.splitlines() if "apply_duration_seconds_sum" in line]
    total = float(sums[0].split()[1])
    assert total == round(total, 2)
    assert 'le="0.05"' in text and 'le="0.025"' not in text
