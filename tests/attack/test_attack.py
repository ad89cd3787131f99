"""Hostile feeds at a live worker: another study is not silenced, and the probes are answered."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.errors import Refusal
from streams.records.decode import decode
from tests.attack.__main__ import OTHER_SECONDS_MAX, Site, running_site
from tests.attack.feeds import feeds


@pytest.fixture
def attacked_site(kafka_libs: Path, redis_program: str) -> Iterator[Site]:
    """Yield a site in a folder with a short path, as a socket needs."""
    with (
        tempfile.TemporaryDirectory(prefix="tocsin-") as folder,
        running_site(Path(folder)) as site,
    ):
        yield site


def test_every_record_of_every_feed_is_well_formed():
    """A worker that refused a feed would prove nothing."""
    for feed in feeds(0.001):
        assert not [each for _, each in feed.messages(3) if isinstance(decode(each), Refusal)], (
            feed.name
        )


@pytest.mark.campaign
@pytest.mark.kafka
@pytest.mark.redis
def test_an_amendment_of_a_study_of_100_000_cases_silences_nobody(attacked_site: Site):
    """The worker answers `/livez`, and another study is folded, while the study is recounted."""
    (feed,) = (each for each in feeds() if "amendments" in each.name)

    result = attacked_site.attack(feed)

    assert not result.stopped and not result.ended
    assert result.waits.livez <= OTHER_SECONDS_MAX and result.waits.answers > 10
    assert result.waits.other <= OTHER_SECONDS_MAX and result.waits.applied > 10
