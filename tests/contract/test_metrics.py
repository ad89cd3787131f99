"""Tests of a real worker's metrics on real Kafka and Redis, checked by promtool."""

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
"""The partition of ProDERM, of twelve."""

TOKEN = secrets.token_hex(16)
OPENMETRICS = "application/openmetrics-text;version=1.0.0"

__all__ = ["site"]


@pytest.fixture
def pages(tmp_path: Path) -> dict[str, str]:
    """The settings of a worker that serves the open and the closed metrics page."""
    (tmp_path / "token").write_text(TOKEN)
    first, second = free_ports(2)
    return {
        "METRICS_OPEN": f"127.0.0.1:{first}",
        "METRICS_CLOSED": f"127.0.0.1:{second}",
        "METRICS_TOKEN_FILE": str(tmp_path / "token"),
    }


def read_page(address: str, **headers: str) -> bytes:
    """Return the body of the metrics page at *address*, requested with *headers*."""
    request = urllib.request.Request(f"http://{address}/metrics", headers=headers)
    with urllib.request.urlopen(request, timeout=10) as response:
        return response.read()


def read_closed_page(pages: dict[str, str], **headers: str) -> bytes:
    """Return the closed page, requested with the token."""
    return read_page(pages["METRICS_CLOSED"], Authorization=f"Bearer {TOKEN}", **headers)


def wait_for_figures(pages: dict[str, str], signals: int) -> None:
    """Wait until *signals* are counted as raised and the worker has caught up with the log."""
    wait_until(
        lambda: sum(series(read_closed_page(pages), c.SIGNALS_RAISED).values()) == signals,
        "the figures",
    )
    wait_until(
        lambda: (
            series(read_page(pages["METRICS_OPEN"]), c.LAST_CAUGHT_UP)[(str(STUDY_PARTITION),)] > 0
        ),
        "the time of the last catch-up",
    )


def test_prometheus_accepts_what_a_worker_exports(site: WorkerSite, pages: dict[str, str]):
    """Each metric is on the page of its zone, and exemplars name the alerts of the log."""
    log = [*PRODERM, UNREADABLE]
    _, alerts = single_pass(log_of(log))
    with site.running(**pages) as worker:
        site.wait_folded(STUDY_PARTITION, site.send(log, STUDY, STUDY_PARTITION))
        wait_for_figures(pages, len({each.id for each in alerts if each.tracked}))
        wait_until(
            lambda: b'le="+Inf"} 0' not in read_closed_page(pages), "the latency of an alert"
        )
        open_page, closed_page = read_page(pages["METRICS_OPEN"]), read_closed_page(pages)
        openmetrics_page = read_closed_page(pages, Accept=OPENMETRICS).decode()
        assert worker.stop() == 0, worker.output

    assert (metric_names(open_page), metric_names(closed_page)) == (
        catalogue_names("open"),
        catalogue_names("closed"),
    )
    for page in (open_page, closed_page):
        assert run_program("promtool", "check", "metrics", stdin=page) == ""
    records = series(open_page, c.RECORDS)
    assert (records[STUDY, "folded"], records["none", "quarantined"]) == (len(PRODERM), 1)
    samples = [
        each for one in text_string_to_metric_families(openmetrics_page) for each in one.samples
    ]
    exemplar_ids = {each.exemplar.labels["alert_id"] for each in samples if each.exemplar}
    assert exemplar_ids and exemplar_ids <= {each.id for each in alerts}


def test_open_pages_probes_and_output_name_no_treatment(site: WorkerSite, pages: dict[str, str]):
    """Random treatment names are on the closed page only, not in the probes or the output."""
    name_by_arm = {arm: f"t{secrets.token_hex(8)}" for arm in ("placebo", "ivig")}
    invalid_record = b'{"treatment":"%s"}' % name_by_arm["ivig"].encode()
    log = [*rename_treatments(PRODERM, name_by_arm, name_by_arm), invalid_record]
    with site.running(**pages) as worker:
        site.wait_folded(STUDY_PARTITION, site.send(log, STUDY, STUDY_PARTITION))
        wait_until(
            lambda: all(name.encode() in read_closed_page(pages) for name in name_by_arm.values()),
            "the figures",
        )
        open_texts = [read_page(pages["METRICS_OPEN"]), str(worker.readiness()).encode()]
        closed_page = read_closed_page(pages)
        worker.stop()
    open_texts.append(worker.output.encode())

    assert [
        name for name in name_by_arm.values() if any(name.encode() in page for page in open_texts)
    ] == []
    assert all(name.encode() in closed_page for name in name_by_arm.values())


def test_the_closed_page_needs_the_token(site: WorkerSite, pages: dict[str, str]):
    """Without the token the response is 401 with an empty body."""
    with site.running(**pages) as worker:
        wait_until(lambda: worker.readiness()[0], "readiness")
        for headers in ({}, {"Authorization": "Bearer nonsense"}):
            with pytest.raises(urllib.error.HTTPError) as error:
                read_page(pages["METRICS_CLOSED"], **headers)
            assert (error.value.code, error.value.read()) == (401, b"")


def test_two_workers_show_each_partition_once(site: WorkerSite, pages: dict[str, str]):
    """When one worker has stopped, the other shows all partitions."""
    (port,) = free_ports(1)
    other = {"METRICS_OPEN": f"127.0.0.1:{port}"}

    def shown_partitions(*settings: dict[str, str]) -> list[str]:
        return sorted(
            each
            for one in settings
            for (each,) in series(read_page(one["METRICS_OPEN"]), c.PARTITION_STOPPED)
        )

    all_partitions = sorted(str(number) for number in range(12))
    with site.running(**pages) as first, site.running(**other) as second:
        wait_until(lambda: first.readiness()[0] and second.readiness()[0], "both to be ready")
        wait_until(
            lambda: len(shown_partitions(pages)) == len(shown_partitions(other)) == 6,
            "both to own six partitions",
        )
        assert shown_partitions(pages, other) == all_partitions
        assert second.stop() == 0
        wait_until(
            lambda: shown_partitions(pages) == all_partitions, "the first to own all partitions"
        )


def test_a_worker_with_a_closed_page_and_no_token_file_does_not_start(
    redis_url: str, site: WorkerSite
):
    """Exit code 2 and one line that names the missing setting."""
    result = tocsin(
        "run",
        BROKER=site.broker,
        STORE=site.store,
        HEALTH=f"127.0.0.1:{free_ports(1)[0]}",
        METRICS_OPEN="off",
        METRICS_CLOSED=f"127.0.0.1:{free_ports(1)[0]}",
    )

    assert result.returncode == 2 and "TOCSIN_METRICS_TOKEN_FILE" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
