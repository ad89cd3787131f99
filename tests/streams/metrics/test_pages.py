"""Tests the metrics pages: the open page for anybody, the closed page with a token only."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from streams.log import LogUnreachable
from streams.metrics import DeliveryMeter, MetricsPage, NoToken, build_pages
from streams.metrics.catalogue import DETECTION_LATENCY, SIGNALS_RAISED, Zone
from streams.metrics.families import histogram_family, metric_family
from streams.metrics.meter import Meter
from streams.settings import OFF, Settings
from tests.streams.metrics.exported import catalogue_names, metric_names

TOKEN = "0123456789abcdef"
OPENMETRICS = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.3"


class OneAlertCollector(Collector):
    """Exports one alert with a detection latency of 2 s."""

    def collect(self) -> Iterator[Metric]:
        """Yield a gauge, and a histogram with an exemplar."""
        meter = Meter(clock=lambda: 10.0)
        meter.produced_at["a|abcdef|000001"] = 8.0
        meter.observe_published("a|abcdef|000001")
        yield metric_family(SIGNALS_RAISED, {("S",): 1})
        yield histogram_family(DETECTION_LATENCY, meter.detection_latency)


def closed_page(folder: Path) -> MetricsPage:
    """Return a closed page whose token is in a file in *folder*."""
    (folder / "token").write_text(f"{TOKEN}\n")
    settings = Settings(metrics_token_file=str(folder / "token"), metrics_open=OFF)
    (page,) = build_pages(settings, closed_collectors=[OneAlertCollector()])
    return page


def request(page: MetricsPage, **headers: str) -> tuple[int, str, str]:
    """Return the status, body and content type of the response."""

    async def main() -> tuple[int, str, str]:
        async with TestClient(TestServer(page.app())) as client:
            response = await client.get("/metrics", headers=headers)
            return response.status, await response.text(), response.headers.get("Content-Type", "")

    return asyncio.run(main())


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer "},
        {"Authorization": TOKEN},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": f"Bearer {TOKEN[:-1]}"},
        {"Authorization": f"Bearer {TOKEN}0"},
        {"Authorization": f"Bearer {TOKEN.upper()}"},
    ],
)
def test_a_request_without_the_token_gets_an_empty_401(headers: dict[str, str], tmp_path: Path):
    """The response has no value, no name and no hint of the number of metrics."""
    assert request(closed_page(tmp_path), **headers)[:2] == (401, "")


def test_a_request_with_the_token_gets_all_metrics(tmp_path: Path):
    """In OpenMetrics, as Prometheus requests it, exemplars name the alert but no subject."""
    header = {"Authorization": f"Bearer {TOKEN}", "Accept": OPENMETRICS}
    status, text, content_type = request(closed_page(tmp_path), **header)

    assert status == 200 and content_type.startswith("application/openmetrics-text")
    samples = [each for one in text_string_to_metric_families(text) for each in one.samples]
    assert [each.exemplar.labels for each in samples if each.exemplar] == [{"alert_id": "abcdef"}]
    (latency_sum,) = [each.value for each in samples if each.name.endswith("_sum")]
    assert latency_sum == 2


def test_the_open_page_ignores_the_request_headers():
    """The format and the token of the request do not change the page."""
    (page,) = build_pages(Settings(metrics_closed=OFF), open_collectors=[OneAlertCollector()])

    response = request(page)
    assert response[0] == 200 and response[2].startswith("text/plain")
    assert request(page, Accept=OPENMETRICS, Authorization=f"Bearer {TOKEN}") == response
    assert "alert_id" not in response[1]


def test_requests_for_closed_metrics_are_audited_before_the_response(tmp_path: Path):
    """Refused requests are audited too; where the audit fails, the response is 503."""
    audited: list[bool] = []
    page = closed_page(tmp_path)

    async def log_request(address: str, admitted: bool) -> None:
        assert address
        audited.append(admitted)

    async def fail_to_log(address: str, admitted: bool) -> None:
        raise LogUnreachable("no broker")

    page.log_request = log_request
    assert request(page)[0] == 401
    assert request(page, Authorization=f"Bearer {TOKEN}")[0] == 200
    assert audited == [False, True]
    page.log_request = fail_to_log
    assert request(page, Authorization=f"Bearer {TOKEN}")[:2] == (503, "")


def test_without_a_token_there_is_no_closed_page():
    """The page is omitted, not open; where its address is set, that is an error."""
    assert build_pages(Settings(metrics_open=OFF), closed_collectors=[OneAlertCollector()]) == []
    with pytest.raises(NoToken, match="TOCSIN_METRICS_TOKEN_FILE"):
        build_pages(
            Settings(metrics_closed="127.0.0.1:8012"), closed_collectors=[OneAlertCollector()]
        )


@pytest.mark.parametrize(
    "text", ["", "short", "with a space in its midst", "\x07" * 20, "\xe9" * 20]
)
def test_an_invalid_token_is_refused_and_not_shown(text: str, tmp_path: Path):
    """It could be guessed, or not be sent in a header."""
    path = tmp_path / "token"
    path.write_text(text, encoding="latin-1")

    with pytest.raises(NoToken) as refused:
        build_pages(Settings(metrics_token_file=str(path)), closed_collectors=[OneAlertCollector()])
    assert text.strip() == "" or text not in str(refused.value)


def test_a_missing_token_file_is_refused(tmp_path: Path):
    """A secret that is not mounted must not remove the page silently."""
    with pytest.raises(NoToken, match="TOCSIN_METRICS_TOKEN_FILE"):
        build_pages(
            Settings(metrics_token_file=str(tmp_path / "none")),
            closed_collectors=[OneAlertCollector()],
        )


def test_a_deliverer_exports_its_metrics_from_zero(tmp_path: Path):
    """Each channel has a series from the start; delivered alerts are counted by study."""
    meter = DeliveryMeter(["mail", "pager"], clock=lambda: 12.7)
    (tmp_path / "token").write_text(TOKEN)
    settings = Settings(metrics_token_file=str(tmp_path / "token"), metrics_open=OFF)
    (page,) = build_pages(settings, closed_collectors=[meter])

    _, text, _ = request(page, Authorization=f"Bearer {TOKEN}")
    assert metric_names(text.encode()) == catalogue_names(Zone.CLOSED, "deliver")
    assert 'safety_notifications_total{channel="pager"} 0.0' in text
    meter.set_partitions([3])
    meter.count_attempt("pager", failed=True)
    meter.count_attempt("pager", failed=False)
    meter.mark_caught_up(3)
    meter.set_delivered_counts({"S": 2})
    _, text, _ = request(page, Authorization=f"Bearer {TOKEN}")
    assert 'safety_notifications_total{channel="pager"} 2.0' in text
    assert 'safety_notification_failures_total{channel="pager"} 1.0' in text
    assert 'safety_signals_delivered{study="S"} 2.0' in text
    assert 'caught_up_timestamp_seconds{partition="3"} 12.0' in text
