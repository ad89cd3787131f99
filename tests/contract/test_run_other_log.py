"""Another log under a store that folded one: workers stand still, and the remedy shows them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from streams.kafka.partitioner import partition_of
from streams.kafka.topics import apply, topics
from streams.processor import Halt
from streams.settings import Settings
from tests.contract.cluster import clear
from tests.contract.processes import until
from tests.contract.workers import Site
from tests.streams.processor.processors import PRODERM, STUDY

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

HOME = partition_of(STUDY, 12)


@pytest.mark.parametrize(
    ("values", "halt"), [(PRODERM[1:200], Halt.OTHER_LOG), (PRODERM[:50], Halt.SHORTER_LOG)]
)
def test_the_remedy_of_a_stop_found_at_the_claim_names_it(
    site: Site, admin: Any, values: list[bytes], halt: Halt
):
    """The store says nothing of it, for nothing is written; `quarantine list` looks for itself."""
    with site.running() as worker:
        site.reaches(HOME, site.send(PRODERM[:100], STUDY, HOME))
        assert worker.end() == 0, worker.words
    before = site.cursor(HOME), site.rows(HOME, [STUDY])
    clear(admin)
    apply(admin, topics(Settings()), alter=False)
    site.send(values, STUDY, HOME)

    with site.running() as worker:
        until(lambda: bool(worker.ready()[1]) and worker.ready()[1][0]["partition"] == HOME, "it")
        (finding,) = worker.ready()[1]
        assert worker.end() == 0, worker.words
    assert halt.remedy in finding["what"] and finding["remedy"] == "tocsin quarantine list"
    said = site.tocsin(*finding["remedy"].split()[1:], "--json")
    assert [json.loads(line) for line in said.stdout.splitlines()] == [
        {"partition": HOME, "stopped": finding["what"]}
    ]
    assert (site.cursor(HOME), site.rows(HOME, [STUDY])) == before
