"""``tocsin deliver``: tells people of alerts, by every sink, until every sink has said it knows."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from aiohttp import web

from alerts.notification.audiences import DeliveryError, Deployment
from streams.audit.access import Reads
from streams.audit.trails import audit_log
from streams.delivery.deliverer import Deliverer
from streams.health.listener import answering, listen
from streams.health.probes import Health
from streams.kafka.topics import ALERTS, NOTIFIED
from streams.log.kafka import cluster_at
from streams.metrics import pages
from streams.settings import Settings
from streams.sinks import Sink
from streams.sinks.build import NoFile, built, read_deployment, style_of
from streams.sinks.retry import keep_retries_quiet
from tocsin.common.exits import Exit, Stop
from tocsin.common.flags import Flag
from tocsin.common.long_running import look_at_topics, staying
from tocsin.common.settings import settled

NO_FILE = "Name the delivery file in TOCSIN_DELIVERY_FILE (docs/delivery.md)"

NO_NUMBERS = (
    "a sink that fails is named on the closed /metrics alone, for its failing tells of an alert;"
    " name a token in TOCSIN_METRICS_TOKEN_FILE to have it"
)

LOUD = ("aiokafka", "kafka", "apprise", "aiohttp")


def deliver(*, check: Flag = False) -> None:
    """Tell people of alerts: by webhook, Alertmanager, mail, chat or Kafka, each revision once.

    Any number of deliverers share the partitions of the alerts.  SIGTERM ends one in good order.
    Who is told is in the file TOCSIN_DELIVERY_FILE; Kafka is TOCSIN_BROKER; `/livez` and `/readyz`
    are at TOCSIN_HEALTH, `/metrics` at TOCSIN_METRICS_CLOSED for whoever shows the token.

    Exit codes: 0 ended in good order, 2 something is set up wrongly, 4 no broker.

    Parameters
    ----------
    check
        Only reads the file and the secrets it names, prints who is told by what, and ends.
    """
    logging.basicConfig(stream=sys.stderr, format="tocsin: %(message)s", level=logging.WARNING)
    be_quiet_about_sinks()
    settings = settled()
    if settings.delivery_file is None:
        raise Stop(Exit.USAGE, f"nobody is to be told. {NO_FILE}.")
    plan, sinks = described(Path(settings.delivery_file))
    if check:
        print("\n".join(told(plan)))
        return
    look_at_topics(settings, dict.fromkeys((ALERTS, NOTIFIED), settings.alert_partitions))
    with staying():
        asyncio.run(delivering(settings, plan, sinks))


def be_quiet_about_sinks() -> None:
    """Let the libraries say nothing of what does not answer: ours says it once."""
    for name in LOUD:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    keep_retries_quiet()


def described(path: Path) -> tuple[Deployment, Mapping[str, Sink]]:
    """The delivery file at *path* and its sinks, or the stop that names what is wrong with them."""
    try:
        plan = read_deployment(path)
        style = style_of(plan, path.parent)
        sinks = {name: built(each, path.parent, style) for name, each in plan.sinks.items()}
    except DeliveryError as error:
        raise Stop(Exit.USAGE, f"{error}") from None
    except NoFile as error:
        raise Stop(Exit.USAGE, f"{error}.") from None
    return plan, sinks


def told(plan: Deployment) -> list[str]:
    """Each audience on a line: what it sees, by what, and who is called after it."""
    lines: list[str] = []
    for each in plan.audiences.values():
        studies = ", ".join(each.studies) or "all studies"
        sinks = ", ".join(f"{name} ({plan.sinks[name].kind})" for name in each.sinks)
        first = "when called" if each.name in plan.called else "at once"
        after = (
            f"; if nobody answers within {lasting(each.acknowledge_within)}, {each.escalates_to}"
        )
        lines.append(
            f"{each.name}: {first}, {studies}, {', '.join(each.kinds)}, sees {each.sees} by"
            f" {sinks}{after if each.escalates_to else ''}"
        )
    return lines


def lasting(seconds: int) -> str:
    """So many *seconds* as a person says it: in the largest unit that goes into them."""
    for name, size in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        count, left = divmod(seconds, size)
        if count and not left:
            return f"{count} {name}{'s' * (count != 1)}"
    return f"{seconds} s"


async def delivering(settings: Settings, plan: Deployment, sinks: Mapping[str, Sink]) -> None:
    """Deliver, and answer the probes, until a signal says that it is enough."""
    deliverer = Deliverer(settings.broker, plan, sinks)

    async def check() -> None:
        await cluster_at(settings.broker)

    health = Health(
        joined=lambda: deliverer.joined,
        conditions=deliverer.conditions,
        check=check,
        lag_max=settings.lag_max,
    )
    reads = Reads(audit_log(settings, "deliver"))
    numbers = pages(settings, closed=(deliverer.meter,), heard=reads.heard)
    places = [(health, listen(settings.health)), *((page, page.listen()) for page in numbers)]
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, deliverer.stopping.set)
    runners: list[web.AppRunner] = []
    try:
        for page, listener in places:
            runners.append(await answering(page, listener))
        print(f"tocsin: delivering {ALERTS}; http://{settings.health}/readyz", file=sys.stderr)
        if not numbers:
            print(f"tocsin: {NO_NUMBERS}", file=sys.stderr)
        await deliverer.run()
    finally:
        for runner in runners:
            await runner.cleanup()
        await reads.close()
