"""What anybody may see tells nothing of the arms: not by a name, not by a number, not by a gap."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from itertools import permutations

import orjson

from streams.metrics.catalogue import ACTIVE, EVENTS, MOVES, Zone
from tests.scenarios.commands import clot, opening, treated
from tests.streams.metrics.exported import (
    Desk,
    declared,
    folded,
    log_of,
    names,
    renamed,
    series,
    timeless,
)
from tests.streams.processor.processors import PRODERM, STUDY, pass_of
from tests.streams.reviewed_log import SIGNAL, review

ARMS = ("placebo", "ivig")
PERMUTATIONS = 20


def tokens() -> dict[str, str]:
    """A random name for each treatment: it can be nothing else where it is found."""
    return {arm: f"t{secrets.token_hex(8)}" for arm in ARMS}


def test_no_treatment_is_named_in_the_open():
    """Not in a label, not in a help text; and the closed page names them all, so one looks well."""
    told = tokens()
    desk = folded(renamed(PRODERM, told, told), STUDY)

    assert [token for token in told.values() if token.encode() in desk.open()] == []
    assert all(token.encode() in desk.closed() for token in told.values())


def test_with_the_treatments_exchanged_every_open_byte_is_the_same():
    """The same subjects on the other treatment: other evidence, other alerts, one open page."""
    told = tokens()
    there, back = (
        folded(renamed(PRODERM, told, told), STUDY),
        {
            ARMS[0]: told[ARMS[1]],
            ARMS[1]: told[ARMS[0]],
        },
    )
    exchanged = folded(renamed(PRODERM, told, back), STUDY)

    assert timeless(there.open()) == timeless(exchanged.open())
    assert series(there.closed(), EVENTS) != series(exchanged.closed(), EVENTS)
    assert series(there.closed(), ACTIVE) != series(exchanged.closed(), ACTIVE)


def test_of_twenty_permutations_of_four_treatments_none_is_told_from_another():
    """Whichever arm has the clots, and rings: a blinded reader sees one page."""
    words = [f"t{secrets.token_hex(8)}" for _ in range(4)]
    pages = [
        folded(trial(words, each), "S") for each in list(permutations(words))[: PERMUTATIONS + 1]
    ]

    assert len({timeless(desk.open()) for desk in pages}) == 1
    assert len({desk.closed() for desk in pages}) == len(pages)
    assert len({str(series(desk.closed(), ACTIVE)) for desk in pages}) > 1


def trial(words: list[str], given: tuple[str, ...]) -> list[bytes]:
    """The plan calls its treatments *words*; subject n is *given* the treatment n modulo 4."""
    control, *active = words
    lines = [opening()]
    toml = lines[0]["toml"].replace("placebo", control).replace('"drug"', str(active)[1:-1])
    digest = hashlib.sha256(toml.encode()).hexdigest()
    lines[0] |= {"toml": toml, "sha256": digest}
    subjects = [f"P{number}" for number in range(40)]
    lines += [treated(name, given[at % 4]) for at, name in enumerate(subjects)]
    lines += [clot(name, "2020-01-20") for name in subjects[::4]]
    for arm, events in ((1, 3), (2, 1)):
        lines += [clot(name, "2020-02-11") for name in subjects[arm::4][:events]]
    return [orjson.dumps(line) for line in lines]


def test_that_members_review_leaves_no_trace_in_the_open():
    """Somebody reviews where there is an alert: no count, no hour, not even one fetch more."""

    async def main() -> tuple[bytes, bytes, bytes]:
        desk = Desk([log_of(PRODERM, STUDY)])
        await desk.fold(0)
        before = desk.open()
        desk.hour += 3_600
        revision = max(each.revision for each in pass_of(desk.logs[0])[1] if each.id == SIGNAL)
        for member in ("board-1", "board-2"):
            move = review(member, SIGNAL, revision, "acknowledge", member=member)
            desk.logs[0].append(move, STUDY.encode())
        await desk.bench.turn()
        await desk.survey.go_round()
        return before, desk.open(), desk.closed()

    before, after, closed = asyncio.run(main())
    assert after == before
    assert series(closed, MOVES) == {(STUDY, "accepted"): 1, (STUDY, "refused"): 1}


def test_each_page_has_its_own_part_of_the_catalogue_and_nothing_else():
    """A number that nobody declared is a number that nobody decided to show."""
    desk = folded(PRODERM[:100], STUDY)

    assert names(desk.open()) == declared(Zone.OPEN)
    assert names(desk.closed()) == declared(Zone.CLOSED)
    assert not declared(Zone.OPEN) & declared(Zone.CLOSED)


def test_the_open_page_has_no_word_for_an_alert():
    """That one exists tells of an arm: no name and no help text of an open number speaks of it."""
    words = [b"alert", b"signal", b"evidence", b"e_value", b"treatment", b"arm"]
    found = folded(PRODERM, STUDY).open().lower()

    assert [word for word in words if word in found] == []


def test_seconds_below_fifty_thousandths_are_not_told():
    """Neither by a bucket nor by the sum: near its boundary a watch takes longer to judge."""
    desk = folded(PRODERM, STUDY)
    meter = desk.bench.worker.meter
    meter.applies.observe(0.0123456)

    text = desk.open().decode()
    sums = [line for line in text.splitlines() if "apply_duration_seconds_sum" in line]
    total = float(sums[0].split()[1])
    assert total == round(total, 2)
    assert 'le="0.05"' in text and 'le="0.025"' not in text
