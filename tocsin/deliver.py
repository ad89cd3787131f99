"""``tocsin deliver``: tells people of alerts, by every sink, until every sink has said it knows."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from aiohttp import web
from cyclopts import Parameter
from kafka.errors import KafkaError

from alerts.audience import DeliveryError, Deployment
from streams.audit_reads import Reads
from streams.audit_trails import audit_log
from streams.broker import Unreachable, administer
from streams.deliverer import Deliverer
from streams.health import CannotListen, Health, listen
from streams.log_kafka import cluster_at
from streams.metrics import NoToken, pages
from streams.settings import Settings
from streams.sinks import Sink
from streams.sinks.built import NoFile, built, read_deployment, style_of
from streams.sinks.retrying import keep_retries_quiet
from streams.topics import ALERTS, NOTIFIED
from tocsin.exits import Exit, Stop
from tocsin.run import MAKE_TOPICS, NEEDS_TOKEN, OTHER_ADDRESS, other_partitions, shapes
from tocsin.settled import settled

NO_FILE = "Name the delivery file in TOCSIN_DELIVERY_FILE (docs/delivery.md)"

LOUD = ("aiokafka", "kafka", "apprise", "aiohttp")


def deliver(*, check: Annotated[bool, Parameter(negative="")] = False) -> None:
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
    for name in LOUD:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    keep_retries_quiet()
    settings = settled()
    plan, sinks = described(settings)
    if check:
        print("\n".join(told(plan)))
        return
    look_at_topics(settings)
    try:
        asyncio.run(delivering(settings, plan, sinks))
    except CannotListen as error:
        raise Stop(Exit.USAGE, f"{error}. {OTHER_ADDRESS}") from None
    except NoToken as error:
        raise Stop(Exit.USAGE, f"{error}. {NEEDS_TOKEN}") from None
    except Exception as error:
        raise Stop(Exit.INTERNAL, f"{type(error).__name__}: start it again.") from error


def described(settings: Settings) -> tuple[Deployment, Mapping[str, Sink]]:
    """The delivery file and its sinks, or the stop that names what is wrong with them."""
    if settings.delivery_file is None:
        raise Stop(Exit.USAGE, f"nobody is to be told. {NO_FILE}.")
    path = Path(settings.delivery_file)
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
        after = f"; after {each.acknowledge_within} s {each.escalates_to}"
        lines.append(
            f"{each.name}: {first}, {studies}, {', '.join(each.kinds)}, sees {each.sees} by"
            f" {sinks}{after if each.escalates_to else ''}"
        )
    return lines


def look_at_topics(settings: Settings) -> None:
    """Stop where there is no broker, or the alerts and the ledger are not shaped alike."""
    wanted: dict[str, int] = dict.fromkeys((ALERTS, NOTIFIED), settings.alert_partitions)
    try:
        with administer(settings.broker) as admin:
            found = shapes(admin, wanted)
    except Unreachable as error:
        remedy = "Start one (`make kafka`), or name yours in TOCSIN_BROKER."
        raise Stop(Exit.UNREACHABLE, f"{error}. {remedy}") from None
    except KafkaError as error:
        raise Stop(Exit.USAGE, f"the broker refuses: {error}.") from None
    for name, partitions in wanted.items():
        if name not in found:
            raise Stop(Exit.USAGE, f"no topic {name}. {MAKE_TOPICS}")
        if found[name] != partitions:
            what = f"{name} has {found[name]} partitions, and the settings say {partitions}."
            raise Stop(Exit.USAGE, f"{what} {other_partitions(ALERTS)}")


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
    served = [(health, listen(settings.health)), *((page, page.listen()) for page in numbers)]
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, deliverer.stopping.set)
    runners: list[web.AppRunner] = []
    try:
        for page, listener in served:
            runners.append(await page.serve(listener))
        print(f"tocsin: delivering {ALERTS}; http://{settings.health}/readyz", file=sys.stderr)
        await deliverer.run()
    finally:
        for runner in runners:
            await runner.cleanup()
        await reads.close()
