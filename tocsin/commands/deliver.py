"""``tocsin deliver``: sends notifications of alerts to sinks until each sink has accepted them."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from aiohttp import web

from alerts.notification.audiences import RoutingConfig, RoutingConfigError
from streams.audit.access import AccessLog
from streams.audit.trails import open_audit_log
from streams.delivery.deliverer import Deliverer
from streams.health.listener import listen, serve
from streams.health.probes import Probes
from streams.kafka.topics import ALERTS, NOTIFIED
from streams.log.kafka import cluster_id_of
from streams.metrics import build_pages
from streams.settings import Settings
from streams.sinks import Sink
from streams.sinks.build import UnreadableFile, build_sink, read_render_options, read_routing
from streams.sinks.retry import silence_retry_logs
from tocsin.common.exits import Exit, Stop
from tocsin.common.flags import Flag
from tocsin.common.long_running import check_topics, daemon_errors
from tocsin.common.settings import load_settings

NO_DELIVERY_FILE = "Set TOCSIN_DELIVERY_FILE to the delivery file (docs/delivery.md)"

NO_CLOSED_METRICS = (
    "failing sinks are shown only on the closed /metrics, because a failure reveals an alert;"
    " set TOCSIN_METRICS_TOKEN_FILE to serve it"
)

NOISY_LOGGERS = ("aiokafka", "kafka", "apprise", "aiohttp")


def deliver(*, check: Flag = False) -> None:
    """Notify people of alerts by webhook, Alertmanager, mail, chat or Kafka, each revision once.

    The partitions of the alerts are divided among all deliverers.  SIGTERM stops one in order.
    The file TOCSIN_DELIVERY_FILE has the audiences and sinks; Kafka is TOCSIN_BROKER.  `/livez`
    and `/readyz` are served at TOCSIN_HEALTH, `/metrics` at TOCSIN_METRICS_CLOSED with the token.

    Exit codes: 0 stopped in order, 2 a setting or a topic is wrong, 4 the broker does not answer.

    Parameters
    ----------
    check
        Only read the file and the secrets that it names, print audiences and sinks, and exit.
    """
    logging.basicConfig(stream=sys.stderr, format="tocsin: %(message)s", level=logging.WARNING)
    silence_sink_loggers()
    settings = load_settings()
    if settings.delivery_file is None:
        raise Stop(Exit.USAGE, f"no audience is configured. {NO_DELIVERY_FILE}.")
    routing, sinks = load_routing(Path(settings.delivery_file))
    if check:
        print("\n".join(describe_audiences(routing)))
        return
    check_topics(settings, dict.fromkeys((ALERTS, NOTIFIED), settings.alert_partitions))
    with daemon_errors():
        asyncio.run(run_deliverer(settings, routing, sinks))


def silence_sink_loggers() -> None:
    """Silence loggers of libraries, which repeat what Tocsin logs once about a failing sink."""
    for name in NOISY_LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    silence_retry_logs()


def load_routing(path: Path) -> tuple[RoutingConfig, Mapping[str, Sink]]:
    """Read the delivery file at *path* and build its sinks, by name.

    Raises Stop where the file, a secret or a sink is invalid.
    """
    try:
        routing = read_routing(path)
        style = read_render_options(routing, path.parent)
        sinks = {name: build_sink(each, path.parent, style) for name, each in routing.sinks.items()}
    except RoutingConfigError as error:
        raise Stop(Exit.USAGE, f"{error}") from None
    except UnreadableFile as error:
        raise Stop(Exit.USAGE, f"{error}.") from None
    return routing, sinks


def describe_audiences(routing: RoutingConfig) -> list[str]:
    """One line for each audience: studies, alert kinds, visibility, sinks and escalation."""
    lines: list[str] = []
    for audience in routing.audiences.values():
        studies = ", ".join(audience.studies) or "all studies"
        sinks = ", ".join(f"{name} ({routing.sinks[name].kind})" for name in audience.sinks)
        timing = "on escalation" if audience.name in routing.escalation_targets else "at once"
        escalation = (
            f"; escalates to {audience.escalates_to} if not acknowledged within "
            f"{format_duration(audience.acknowledge_within)}"
        )
        lines.append(
            f"{audience.name}: {timing}, {studies}, {', '.join(audience.kinds)}, sees "
            f"{audience.visibility} by"
            f" {sinks}{escalation if audience.escalates_to else ''}"
        )
    return lines


def format_duration(seconds: int) -> str:
    """Text of a duration in its largest whole unit, such as `2 hours`."""
    for name, size in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        count, remainder = divmod(seconds, size)
        if count and not remainder:
            return f"{count} {name}{'s' * (count != 1)}"
    return f"{seconds} s"


async def run_deliverer(
    settings: Settings, routing: RoutingConfig, sinks: Mapping[str, Sink]
) -> None:
    """Run a deliverer with its probes and metrics pages until SIGTERM or SIGINT."""
    deliverer = Deliverer(settings.broker, routing, sinks)

    async def check_broker() -> None:
        await cluster_id_of(settings.broker)

    probes = Probes(
        has_joined=lambda: deliverer.has_joined,
        partition_statuses=deliverer.partition_statuses,
        check_connections=check_broker,
        lag_max=settings.lag_max,
    )
    access_log = AccessLog(open_audit_log(settings, "deliver"))
    metric_pages = build_pages(
        settings, closed_collectors=(deliverer.meter,), log_request=access_log.log_request
    )
    pages_and_listeners = [
        (probes, listen(settings.health)),
        *((page, page.listen()) for page in metric_pages),
    ]
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, deliverer.stopping.set)
    runners: list[web.AppRunner] = []
    try:
        for page, listener in pages_and_listeners:
            runners.append(await serve(page, listener))
        print(f"tocsin: delivering {ALERTS}; http://{settings.health}/readyz", file=sys.stderr)
        if not metric_pages:
            print(f"tocsin: {NO_CLOSED_METRICS}", file=sys.stderr)
        await deliverer.run()
    finally:
        for runner in runners:
            await runner.cleanup()
        await access_log.close()
