"""What a real worker exports, on a real broker and a real store, judged by Prometheus' programs."""

from __future__ import annotations

import secrets
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from streams.local.ports import free_ports
from streams.metrics import catalogue as c
from tests.contract.commands import tocsin
from tests.contract.processes import wait_until
from tests.contract.worker_sites import site
from tests.contract.workers import WorkerSite
from tests.deploy.programs import run_program
from tests.streams.metrics.exported import catalogue_names, metric_names, rename_treatments, series
from tests.streams.processor.processors import PRODERM, STUDY, UNREADABLE, log_of, single_pass

pytestmark = [pytest.mark.kafka, pytest.mark.redis, pytest.mark.prometheus]

STUDY_PARTITION = 8
"""ProDERM's partition of twelve."""

TOKEN = secrets.token_hex(16)
OPENMETRICS = "application/openmetrics-text;version=1.0.0"

__all__ = ["site"]


@pytest.fixture
def pages(tmp_path: Path) -> dict[str, str]:
    """The settings of a worker that serves both pages."""
    (tmp_path / "token").write_text(TOKEN)
    first, second = free_ports(2)
    return {
        "METRICS_OPEN": f"127.0.0.1:{first}",
        "METRICS_CLOSED": f"127.0.0.1:{second}",
        "METRICS_TOKEN_FILE": str(tmp_path / "token"),
    }


def read_page(address: str, **headers: str) -> bytes:
    """The page at *address*, with its headers before it."""
    request = urllib.request.Request(f"http://{address}/metrics", headers=headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read()


def read_closed_page(pages: dict[str, str], **headers: str) -> bytes:
    """The closed page, to whoever has the token."""
    return read_page(pages["METRICS_CLOSED"], Authorization=f"Bearer {TOKEN}", **headers)


def wait_for_figures(pages: dict[str, str], events: int) -> None:
    """Wait until the figures are those of the end of the log, and it is seen that it ended."""
    wait_until(
        lambda: sum(series(read_closed_page(pages), c.SIGNALS_RAISED).values()) == events,
        "the figures",
    )
    wait_until(
        lambda: (
            series(read_page(pages["METRICS_OPEN"]), c.LAST_CAUGHT_UP)[(str(STUDY_PARTITION),)] > 0
        ),
        "the hour",
    )


def test_prometheus_accepts_what_a_worker_exports(site: WorkerSite, pages: dict[str, str]):
    """Both pages by promtool, whole and in their zones; alerts took some time, and have names."""
    log = [*PRODERM, UNREADABLE]
    _, alerts = single_pass(log_of(log))
    with site.running(**pages) as worker:
        site.wait_folded(STUDY_PARTITION, site.send(log, STUDY, STUDY_PARTITION))
        wait_for_figures(pages, len({each.id for each in alerts if each.tracked}))
        wait_until(
            lambda: b'le="+Inf"} 0' not in read_closed_page(pages), "an alert to be announced"
        )
        open_page, closed_page = read_page(pages["METRICS_OPEN"]), read_closed_page(pages)
        marked = read_closed_page(pages, Accept=OPENMETRICS).decode()
        assert worker.stop() == 0, worker.output

    assert (metric_names(open_page), metric_names(closed_page)) == (
        catalogue_names("open"),
        catalogue_names("closed"),
    )
    for page in (open_page, closed_page):
        assert run_program("promtool", "check", "metrics", stdin=page) == ""
    records = series(open_page, c.RECORDS)
    assert (records[STUDY, "folded"], records["none", "quarantined"]) == (len(PRODERM), 1)
    samples = [each for one in text_string_to_metric_families(marked) for each in one.samples]
    known = {each.exemplar.labels["alert_id"] for each in samples if each.exemplar}
    assert known and known <= {each.id for each in alerts}


def test_no_treatment_is_named_where_anybody_may_look(site: WorkerSite, pages: dict[str, str]):
    """Random words for treatments: not on the open page, not in the probes, not in the log."""
    told = {arm: f"t{secrets.token_hex(8)}" for arm in ("placebo", "ivig")}
    strange = b'{"treatment":"%s"}' % told["ivig"].encode()
    log = [*rename_treatments(PRODERM, told, told), strange]
    with site.running(**pages) as worker:
        site.wait_folded(STUDY_PARTITION, site.send(log, STUDY, STUDY_PARTITION))
        wait_until(lambda: STUDY.encode() in read_closed_page(pages), "the figures")
        found = [read_page(pages["METRICS_OPEN"]), str(worker.readiness()).encode()]
        shown = read_closed_page(pages)
        worker.stop()
    found.append(worker.output.encode())

    assert [token for token in told.values() if any(token.encode() in page for page in found)] == []
    assert all(token.encode() in shown for token in told.values())


def test_nobody_without_the_token_is_answered(site: WorkerSite, pages: dict[str, str]):
    """401, and not a byte of what is there."""
    with site.running(**pages) as worker:
        wait_until(lambda: worker.readiness()[0], "readiness")
        for shown in ({}, {"Authorization": "Bearer nonsense"}):
            with pytest.raises(urllib.error.HTTPError) as refused:
                read_page(pages["METRICS_CLOSED"], **shown)
            assert (refused.value.code, refused.value.read()) == (401, b"")


def test_two_workers_show_each_partition_once(site: WorkerSite, pages: dict[str, str]):
    """And when one is gone, the other shows them all."""
    (third,) = free_ports(1)
    other = {"METRICS_OPEN": f"127.0.0.1:{third}"}

    def shown(*asked: dict[str, str]) -> list[str]:
        return sorted(
            each
            for one in asked
            for (each,) in series(read_page(one["METRICS_OPEN"]), c.PARTITION_STOPPED)
        )

    every = sorted(str(number) for number in range(12))
    with site.running(**pages) as first, site.running(**other) as second:
        wait_until(lambda: first.readiness()[0] and second.readiness()[0], "both to be ready")
        wait_until(lambda: len(shown(pages)) == len(shown(other)) == 6, "both to have their share")
        assert shown(pages, other) == every
        assert second.stop() == 0
        wait_until(lambda: shown(pages) == every, "the first to have all")


def test_without_a_token_a_worker_does_not_begin_to_show(redis_url: str, site: WorkerSite):
    """Exit code 2, with the setting: the closed page was asked for by name."""
    done = tocsin(
        "run",
        BROKER=site.broker,
        STORE=site.store,
        HEALTH=f"127.0.0.1:{free_ports(1)[0]}",
        METRICS_OPEN="off",
        METRICS_CLOSED=f"127.0.0.1:{free_ports(1)[0]}",
    )

    assert done.returncode == 2 and "TOCSIN_METRICS_TOKEN_FILE" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
