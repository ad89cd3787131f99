"""Who is answered: anybody on the open page, on the closed one only whoever shows the token."""

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
    """One alert, which took two seconds."""

    def collect(self) -> Iterator[Metric]:
        """A gauge, and a histogram with an exemplar."""
        meter = Meter(clock=lambda: 10.0)
        meter.produced_at["a|abcdef|000001"] = 8.0
        meter.observe_published("a|abcdef|000001")
        yield metric_family(SIGNALS_RAISED, {("S",): 1})
        yield histogram_family(DETECTION_LATENCY, meter.detection_latency)


def closed_page(folder: Path) -> MetricsPage:
    """The closed page of a deployment whose token is in a file."""
    (folder / "token").write_text(f"{TOKEN}\n")
    settings = Settings(metrics_token_file=str(folder / "token"), metrics_open=OFF)
    (page,) = build_pages(settings, closed_collectors=[OneAlertCollector()])
    return page


def request(page: MetricsPage, **headers: str) -> tuple[int, str, str]:
    """The status, the body and the form of what is answered."""

    async def main() -> tuple[int, str, str]:
        async with TestClient(TestServer(page.app())) as client:
            answer = await client.get("/metrics", headers=headers)
            return answer.status, await answer.text(), answer.headers.get("Content-Type", "")

    return asyncio.run(main())


@pytest.mark.parametrize(
    "shown",
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
def test_without_the_token_nothing_is_shown(shown: dict[str, str], tmp_path: Path):
    """Not a number, not a name, not how many there are: an empty answer."""
    assert request(closed_page(tmp_path), **shown)[:2] == (401, "")


def test_with_the_token_everything_is(tmp_path: Path):
    """As Prometheus asks for it, which keeps exemplars: they name the alert, and nobody in it."""
    header = {"Authorization": f"Bearer {TOKEN}", "Accept": OPENMETRICS}
    status, text, form = request(closed_page(tmp_path), **header)

    assert status == 200 and form.startswith("application/openmetrics-text")
    samples = [each for one in text_string_to_metric_families(text) for each in one.samples]
    assert [each.exemplar.labels for each in samples if each.exemplar] == [{"alert_id": "abcdef"}]
    (took,) = [each.value for each in samples if each.name.endswith("_sum")]
    assert took == 2


def test_the_open_page_is_the_same_for_all_who_ask():
    """Whatever form they would like, and whatever they show."""
    (page,) = build_pages(Settings(metrics_closed=OFF), open_collectors=[OneAlertCollector()])

    plain = request(page)
    assert plain[0] == 200 and plain[2].startswith("text/plain")
    assert request(page, Accept=OPENMETRICS, Authorization=f"Bearer {TOKEN}") == plain
    assert "alert_id" not in plain[1]


def test_who_asks_for_closed_numbers_is_noted_before_they_are_answered(tmp_path: Path):
    """The refused too; and where it cannot be noted, nobody is answered."""
    noted: list[bool] = []
    page = closed_page(tmp_path)

    async def note(address: str, admitted: bool) -> None:
        assert address
        noted.append(admitted)

    async def fail(address: str, admitted: bool) -> None:
        raise LogUnreachable("no broker")

    page.log_request = note
    assert request(page)[0] == 401
    assert request(page, Authorization=f"Bearer {TOKEN}")[0] == 200
    assert noted == [False, True]
    page.log_request = fail
    assert request(page, Authorization=f"Bearer {TOKEN}")[:2] == (503, "")


def test_without_a_token_there_is_no_closed_page():
    """It is left out, not left open; and where it was asked for by name, that is an error."""
    assert build_pages(Settings(metrics_open=OFF), closed_collectors=[OneAlertCollector()]) == []
    with pytest.raises(NoToken, match="TOCSIN_METRICS_TOKEN_FILE"):
        build_pages(
            Settings(metrics_closed="127.0.0.1:8012"), closed_collectors=[OneAlertCollector()]
        )


@pytest.mark.parametrize(
    "text", ["", "short", "with a space in its midst", "\x07" * 20, "\xe9" * 20]
)
def test_a_token_that_is_none_is_refused_and_not_shown(text: str, tmp_path: Path):
    """It would be guessed, or could not be sent."""
    path = tmp_path / "token"
    path.write_text(text, encoding="latin-1")

    with pytest.raises(NoToken) as refused:
        build_pages(Settings(metrics_token_file=str(path)), closed_collectors=[OneAlertCollector()])
    assert text.strip() == "" or text not in str(refused.value)


def test_a_token_that_is_not_there_is_refused(tmp_path: Path):
    """A secret that was not mounted must not take the page away in silence."""
    with pytest.raises(NoToken, match="TOCSIN_METRICS_TOKEN_FILE"):
        build_pages(
            Settings(metrics_token_file=str(tmp_path / "none")),
            closed_collectors=[OneAlertCollector()],
        )


def test_a_deliverer_exports_its_part_of_the_catalogue_from_zero_on(tmp_path: Path):
    """Each channel from the start; what it delivers is by study, of all that it holds."""
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
