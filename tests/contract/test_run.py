"""`tocsin run` on a real broker and a real store: tables and alerts of a replay, whatever comes."""

from __future__ import annotations

import json
import signal

import orjson
import pytest

from streams.kafka.partitioner import partition_of
from tests.contract.credentials import alerts_expected, rows_expected
from tests.contract.processes import until
from tests.contract.workers import Site
from tests.scenarios.commands import small
from tests.streams.processor.processors import PRODERM, STUDY, UNREADABLE

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

HOME = partition_of(STUDY, 12)
NEIGHBOUR = next(name for n in range(99) if partition_of(name := f"N{n}", 12) == HOME)
"""A second study in the same partition."""

ELSEWHERE = next(name for n in range(99) if partition_of(name := f"E{n}", 12) != HOME)

STUDIES = [STUDY, NEIGHBOUR]

SMALL = [orjson.dumps(line) for line in small(NEIGHBOUR)]


def fed(site: Site) -> int:
    """ProDERM with the neighbour's records among its own; the offset of the last."""
    site.send(PRODERM[:1000], STUDY, HOME)
    site.send(SMALL[:3], NEIGHBOUR, HOME)
    site.send(PRODERM[1000:], STUDY, HOME)
    return site.send(SMALL[3:], NEIGHBOUR, HOME)


def test_tables_and_alerts_are_those_of_a_replay(site: Site):
    """Two studies in one partition, folded live; and SIGTERM ends the worker in good order."""
    last = fed(site)
    with site.running(POLL_RECORDS="100") as worker:
        site.reaches(HOME, last)
        until(lambda: site.all_is_told(HOME), "the alerts")
        until(lambda: worker.ready() == (True, []), "readiness")

        assert worker.end() == 0, worker.words
    assert site.rows(HOME, STUDIES) == rows_expected(site.broker, HOME, STUDIES)
    rung = [each for each in alerts_expected(site.broker, HOME).values() if each["tracked"]]
    assert len(rung) == 5  # Three of ProDERM's, two of the neighbour's; findings beside them.
    assert "Traceback" not in worker.words


def test_a_record_under_a_wrong_key_goes_to_the_dead_letters(site: Site):
    """It is not included, it is counted, and its bytes are kept with the reason."""
    site.send(PRODERM[:5], STUDY, HOME)
    offset = site.send([PRODERM[5]], NEIGHBOUR, HOME)
    with site.running() as worker:
        site.reaches(HOME, offset)
        until(lambda: bool(site.letters()), "the letter")
        assert (worker.end(), "Unclosed" in worker.words) == (0, False), worker.words

    (letter,) = site.letters().values()
    assert (letter.key, letter.value) == (f"trial.log.v1:{HOME}:5".encode(), PRODERM[5])
    headers = dict(letter.headers)
    assert headers["__streams.errors.offset"] == b"5"
    assert headers["__streams.errors.exception"] == b"wrong_key"
    assert site.cursor(HOME).counts == {"wrong_key": 1}


def test_poison_pauses_its_partition_and_release_lets_it_pass(site: Site):
    """Ten in a row silence one partition, which says so; the others go on; then all go on."""
    there = partition_of(ELSEWHERE, 12)
    site.send(PRODERM[:50], STUDY, HOME)
    last = site.send([UNREADABLE] * 12, STUDY, HOME)
    end = site.send(PRODERM[50:100], STUDY, HOME)
    elsewhere = site.send([orjson.dumps(each) for each in small(ELSEWHERE)], ELSEWHERE, there)
    with site.running() as worker:
        site.reaches(there, elsewhere)
        until(lambda: [each["partition"] for each in worker.ready()[1]] == [HOME], "the finding")

        assert site.cursor(HOME).next == 50
        listed = site.tocsin("quarantine", "list").stdout
        assert f"partition {HOME} stands still" in listed
        assert "quarantine release" in listed
        freed = site.tocsin("quarantine", "release", str(HOME), "--through", str(last))
        assert (freed.returncode, freed.stderr) == (0, "")
        assert freed.stdout.endswith(f"may pass, up to offset {last}\n")

        site.reaches(HOME, end)
        until(lambda: len(site.letters()) == 12, "the letters")
        until(lambda: worker.ready() == (True, []), "readiness")
        assert "stands still" not in site.tocsin("quarantine", "list").stdout
    assert site.rows(HOME, [STUDY])[STUDY]["pos"] == b"%d" % end


def test_letters_are_listed_shown_and_redriven_once(site: Site):
    """The same bytes, in the partition they came from, with a reference; and not twice."""
    offset = site.send([*PRODERM[:5], UNREADABLE], STUDY, HOME)
    name = f"trial.log.v1:{HOME}:{offset}"
    with site.running():
        until(lambda: bool(site.letters()), "the letter")

        (listed,) = site.tocsin("quarantine", "list", "--json").stdout.splitlines()
        assert json.loads(listed)["key"] == name
        shown = site.tocsin("quarantine", "show", str(HOME), str(offset))
        assert shown.stdout.startswith(name)
        assert (
            f"offset {offset + 1} of partition {HOME}"
            in site.tocsin("quarantine", "redrive").stdout
        )
        site.reaches(HOME, offset + 1)
        assert site.tocsin("quarantine", "redrive").stdout == ""
        until(lambda: len(site.letters()) == 2, "the letter of the copy")

    (again,) = [each for each in site.told("trial.log.v1") if each.headers]
    assert (again.partition, again.key, again.value) == (HOME, STUDY.encode(), UNREADABLE)
    assert again.headers == [("dlq_ref", name.encode())]


def test_two_workers_share_and_a_killed_one_loses_nothing(site: Site):
    """The other takes over within the session; tables and alerts are those of one pass."""
    with site.running(POLL_RECORDS="50") as first, site.running(POLL_RECORDS="50") as second:
        until(lambda: first.ready()[0] and second.ready()[0], "both to be ready")
        site.send(PRODERM[:1500], STUDY, HOME)
        until(lambda: site.cursor(HOME).next > 0, "something folded")
        first.end(signal.SIGKILL)
        site.send(SMALL, NEIGHBOUR, HOME)
        last = site.send(PRODERM[1500:], STUDY, HOME)
        site.reaches(HOME, last)
        second.end(signal.SIGKILL)
        with site.running():
            until(lambda: site.all_is_told(HOME), "the alerts")
    assert site.rows(HOME, STUDIES) == rows_expected(site.broker, HOME, STUDIES)
